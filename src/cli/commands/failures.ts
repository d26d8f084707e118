import type { Command } from "commander";
import { type ItemKey, idValue } from "../../runtime/format/itemId.js";
import { failureGroups } from "../../view/failures.js";
import type { JobView } from "../../view/jobView.js";
import { plural, safeText, shortText } from "../../view/text.js";
import { CommandError, exit } from "../exitCodes.js";
import { takesLabel } from "../runChoice.js";
import { readTarget, targetsOf } from "../targets.js";
import { isTerminal, leave, print, printJson, styled } from "../terminal.js";

export function registerFailures(program: Command): void {
  takesLabel(program.command("failures"))
    .description("list failed items by cause, with their messages")
    .argument("<path>", "a job file, a checkpoint or a folder")
    .option("--json", "print one JSON object")
    .action(async (path: string, flags: FailuresFlags) => leave(await failures(path, flags)));
}

interface FailuresFlags {
  as?: string;
  json?: boolean;
}

async function failures(path: string, flags: FailuresFlags): Promise<number> {
  const views: JobView[] = [];
  for (const target of await targetsOf(path, { label: flags.as })) views.push(await readTarget(target));
  for (const view of views) if (view.error !== null) throw new CommandError(exit.usage, view.error);
  if (flags.json) printJson({ failures: views.flatMap(failuresJson) });
  else if (views.every((view) => view.status.failed === 0)) print(`No failed items in ${path}.`);
  else
    for (const view of views.filter(({ status }) => status.failed > 0)) printFailures(view, views.length > 1);
  return exit.ok;
}

function failuresJson(view: JobView): unknown[] {
  return failureGroups(view).flatMap(({ cause, items }) =>
    items.map(({ item, failure: { message, attempt, run, atMs } }) => ({
      ...{ job: view.name, label: view.label, item: idValue(item as ItemKey), cause, message, attempt, run },
      at: new Date(atMs).toISOString(),
    })),
  );
}

function printFailures(view: JobView, isOneOfMany: boolean): void {
  if (isOneOfMany) print(styled("underline", view.label ? `${view.name} @ ${view.label}` : view.name));
  for (const { cause, items } of failureGroups(view)) {
    print(styled("bold", `${cause}: ${plural(items.length, "item")}`));
    for (const { id, failure } of items)
      print(
        `  ${isTerminal() ? shortText(id, 60) : safeText(id)}  ${shortText(failure.message, 200)}${failure.attempt > 1 ? styled("dim", ` (attempt ${failure.attempt})`) : ""}`,
      );
  }
}
