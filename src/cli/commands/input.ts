import type { Command } from "commander";
import { type ItemKey, idValue, keyOf } from "../../runtime/format/itemId.js";
import { type InputItem, resolveItems } from "../../runtime/runner/items.js";
import { loadJob } from "../../runtime/runner/loadJob.js";
import { safeText, shortText } from "../../view/text.js";
import { CommandError, exit } from "../exitCodes.js";
import { fromJobFolder } from "../jobFolder.js";
import { runtimePath } from "../runtimePath.js";
import { leave, print, printJson } from "../terminal.js";

interface InputFlags {
  item: string;
  items?: string;
  json?: boolean;
}

export function registerInput(program: Command): void {
  program
    .command("input")
    .description(
      "print one item of a job's input as it is now; this loads the job file, and does nothing else",
    )
    .argument("<job>", "the job file")
    .requiredOption("--item <id>", "the item")
    .option("--items <source>", "items instead of the definition's: a data file or a glob")
    .option("--json", "print one JSON object")
    .action(async (path: string, flags: InputFlags) => leave(await input(path, flags)));
}

async function input(path: string, flags: InputFlags): Promise<number> {
  const job = await loadJob(path, { runtimePath });
  const source = flags.items === undefined ? job.definition.items : fromJobFolder(flags.items, job.folder);
  if (source === undefined)
    throw new CommandError(
      exit.usage,
      `${job.name} is done by a program that has its items itself: the job file has no \`items\`.`,
    );
  process.chdir(job.folder); // paths in a job file are relative to it
  const found = await itemOf((await resolveItems(source, job.definition.key, job.folder)).items, flags.item);
  if (!found)
    throw new CommandError(
      exit.usage,
      `The input of ${safeText(job.name)} has no item ${shortText(flags.item, 60)} now.`,
    );
  if (flags.json) printJson({ item: idValue(found.key), input: found.item ?? null });
  else for (const line of JSON.stringify(found.item ?? null, null, 2).split("\n")) print(line);
  return exit.ok;
}

/** The first that is called so: a string bare, or any id as its JSON text. */
async function itemOf(
  items: Iterable<InputItem> | AsyncIterable<InputItem>,
  id: string,
): Promise<InputItem | undefined> {
  const wanted = new Set<ItemKey>([keyOf(id), id as ItemKey]);
  for await (const item of items) if (wanted.has(item.key)) return item;
  return undefined;
}
