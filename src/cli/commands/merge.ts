import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { mergeCheckpoints } from "../../runtime/merge.js";
import { countText, plural } from "../../view/text.js";
import { CommandError, exit } from "../exitCodes.js";
import { assertNotHeld } from "../holder.js";
import { shellWord } from "../shellWord.js";
import { allTargetsOf } from "../targets.js";
import { leave, print, printJson } from "../terminal.js";

export function registerMerge(program: Command): void {
  program
    .command("merge")
    .description("join checkpoints of one job into a new one; those that are joined stay as they are")
    .argument(
      "<path...>",
      "two or more checkpoints; of an item done in several the first one's result counts",
    )
    .requiredOption("--into <file>", "the new checkpoint")
    .option("--json", "print what was joined as JSON")
    .action(async (paths: string[], flags: MergeFlags) => leave(await merge(paths, flags)));
}

interface MergeFlags {
  into: string;
  json?: boolean;
}

async function merge(paths: string[], flags: MergeFlags): Promise<number> {
  const sources = (await allTargetsOf(paths)).map(({ checkpoint }) => checkpoint);
  if (sources.length < 2)
    throw new CommandError(
      exit.usage,
      `Expected two or more checkpoints to join, got ${countText(sources.length)}${sources.length === 1 ? `: ${sources[0]}` : ""}.`,
    );
  const into = resolve(flags.into);
  for (const path of [...sources, into]) await assertNotHeld(`Cannot merge ${path}`, path);
  const outcome = await mergeCheckpoints(sources, into);
  if (flags.json) {
    printJson(outcome);
    return exit.ok;
  }
  const { done, runs } = outcome;
  print(
    `Joined ${plural(sources.length, "checkpoint")} (${done.each.map(countText).join(" + ")} done) into ${relative(process.cwd(), into)}: ${plural(done.all, "item")} done over ${plural(runs, "run")}.`,
  );
  print(`To go on with it: agent-jobs run JOB --checkpoint ${shellWord(relative(process.cwd(), into))}`);
  return exit.ok;
}
