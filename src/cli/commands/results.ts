import { type Command, Option } from "commander";
import { csvOf, jsonLineOf, type ResultRow } from "../../runtime/resultRows.js";
import { readResults } from "../../runtime/results.js";
import { safeLines } from "../../runtime/safeText.js";
import { plural } from "../../view/text.js";
import { CommandError, exit } from "../exitCodes.js";
import { type MapFlag, mapped, takesMap } from "../mapFlag.js";
import { ResultInputs } from "../resultInputs.js";
import { chosenTargets, type RunChoice, takesRunChoice } from "../runChoice.js";
import { shellWord } from "../shellWord.js";
import { readTarget } from "../targets.js";
import { isTerminal, leave, printError } from "../terminal.js";

interface ResultsFlags extends RunChoice, MapFlag {
  format: "jsonl" | "csv";
  withInput?: boolean;
  items?: string;
}

export function registerResults(program: Command): void {
  takesMap(takesRunChoice(program.command("results")))
    .description("print the results so far, also while the job runs")
    .argument("<path>", "a job file, a checkpoint or a folder")
    .addOption(new Option("--format <format>", "how").choices(["jsonl", "csv"]).default("jsonl"))
    .option("--with-input", "with each item as the job's input has it now (runs the job file)")
    .option("--items <source>", "with --with-input: items instead of the definition's, as run was given them")
    .action(async (path: string, flags: ResultsFlags) => leave(await results(path, flags)));
}

async function results(path: string, flags: ResultsFlags): Promise<number> {
  if (flags.items !== undefined && !flags.withInput)
    throw new CommandError(exit.usage, "Expected --items with --with-input, got it alone.");
  const targets = await mapped(await chosenTargets([path], flags), flags);
  if (targets.length > 1 && !flags.all)
    throw new CommandError(
      exit.usage,
      `There are ${targets.length} checkpoints in ${path}. Name the one whose results you want, or add --all: each row then says its job and label.`,
    );
  const inputs = flags.withInput ? await ResultInputs.of(path, flags.items) : undefined;
  const rows: ResultRow[] = [];
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
    for await (const { item, result, hash } of readResults(target.checkpoint, target.readAs)) {
      const row: ResultRow = {
        ...(flags.all && { whose: { job: view.name, label: view.label } }),
        item,
        ...(inputs && { input: await inputs.inputOf(item, hash) }),
        result,
      };
      if (flags.format === "csv") rows.push(row);
      else await write(jsonLineOf(row));
    }
  }
  if (flags.format === "csv") await write(isTerminal() ? safeLines(csvOf(rows)).join("\n") : csvOf(rows));
  for (const warning of inputs?.warnings(targets[0]!.name) ?? []) printError(warning);
  return exit.ok;
}

/** Waits where the reader is slower than we are. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once("drain", resolve));
}
