import { type Command, Option } from "commander";
import { stringify } from "csv-stringify/sync";
import { type ItemKey, idText, idValue } from "../../runtime/format/itemId.js";
import { readResults } from "../../runtime/results.js";
import { resolveItems } from "../../runtime/runner/items.js";
import { isJobFile } from "../../runtime/runner/jobPaths.js";
import { loadJob } from "../../runtime/runner/loadJob.js";
import { safeJson, safeLines } from "../../runtime/safeText.js";
import { plural } from "../../view/text.js";
import { CommandError, exit } from "../exitCodes.js";
import { type MapFlag, mapped, takesMap } from "../mapFlag.js";
import { chosenTargets, type RunChoice, takesRunChoice } from "../runChoice.js";
import { runtimePath } from "../runtimePath.js";
import { shellWord } from "../shellWord.js";
import { readTarget } from "../targets.js";
import { isTerminal, leave, printError } from "../terminal.js";

interface ResultsFlags extends RunChoice, MapFlag {
  format: "jsonl" | "csv";
  withInput?: boolean;
}

export function registerResults(program: Command): void {
  takesMap(takesRunChoice(program.command("results")))
    .description("print the results so far, also while the job runs")
    .argument("<path>", "a job file, a checkpoint or a folder")
    .addOption(new Option("--format <format>", "how").choices(["jsonl", "csv"]).default("jsonl"))
    .option("--with-input", "with each item as the job's input has it (runs the job file)")
    .action(async (path: string, flags: ResultsFlags) => leave(await results(path, flags)));
}

async function results(path: string, flags: ResultsFlags): Promise<number> {
  const targets = await mapped(await chosenTargets([path], flags), flags);
  if (targets.length > 1 && !flags.all)
    throw new CommandError(
      exit.usage,
      `There are ${targets.length} checkpoints in ${path}. Name the one whose results you want, or add --all: each row then says its job and label.`,
    );
  const inputs = flags.withInput ? await inputsOf(path) : undefined;
  const rows: Record<string, unknown>[] = [];
  for (const target of targets) {
    const view = await readTarget(target);
    if (view.error !== null) throw new CommandError(exit.usage, view.error);
    if (view.scan.format === "empty") continue;
    if (view.status.damaged && view.foreign)
      printError(
        `${target.checkpoint} has ${plural(view.scan.damageCount, "row")} that cannot be read: ${view.scan.damageCount === 1 ? "it is" : "they are"} missing here.`,
      );
    else if (view.status.damaged)
      printError(
        `${target.checkpoint} is damaged: results in its damaged lines are missing here. Repair it (agent-jobs repair ${shellWord(target.checkpoint)}).`,
      );
    for await (const { item, result } of readResults(target.checkpoint, target.readAs)) {
      const row = {
        ...(flags.all && { job: view.name, label: view.label }),
        id: item,
        ...(inputs && { input: inputs.get(item) ?? null }),
        result: result ?? null,
      };
      if (flags.format === "csv") rows.push({ ...row, id: idText(item) });
      else await write(`${safeJson(JSON.stringify({ ...row, id: idValue(item) }))}\n`);
    }
  }
  if (flags.format === "csv") await write(isTerminal() ? safeLines(csvOf(rows)).join("\n") : csvOf(rows));
  return exit.ok;
}

/** Waits where the reader is slower than we are. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once("drain", resolve));
}

/** A column for each member of the results, where they are objects; else one column. */
function csvOf(rows: readonly Record<string, unknown>[]): string {
  const flat = rows.map(({ id, input, result, ...whose }) => ({
    ...whose,
    id,
    ...(input !== undefined && prefixed("input", input)),
    ...prefixed("result", result),
  }));
  const columns = [...new Set(flat.flatMap((row) => Object.keys(row)))];
  return stringify(
    flat.map((row) => columns.map((column) => cell((row as Record<string, unknown>)[column]))),
    {
      header: true,
      columns,
      escape_formulas: true,
    },
  );
}

function prefixed(name: string, value: unknown): Record<string, unknown> {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return { [name]: value };
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [name === "input" ? `input.${key}` : key, member]),
  );
}

const cell = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

async function inputsOf(path: string): Promise<Map<ItemKey, unknown>> {
  if (!isJobFile(path))
    throw new CommandError(exit.usage, "--with-input needs the job file: name it instead of the checkpoint.");
  const job = await loadJob(path, { runtimePath });
  process.chdir(job.folder);
  const input = await resolveItems(job.definition.items, job.definition.key, job.folder);
  const inputs = new Map<ItemKey, unknown>();
  for await (const { key, item } of input.items) inputs.set(key, item);
  return inputs;
}
