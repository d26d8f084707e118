import { clearCheckpoint } from "../runtime/repair.js";
import type { LoadedJobFile } from "../runtime/runner/loadJob.js";
import { type ParamChange, paramChanges } from "../runtime/runner/plan.js";
import { JsonlStore } from "../runtime/store/jsonlStore.js";
import { plural, shortText } from "../view/text.js";
import { CommandError, exit } from "./exitCodes.js";
import { choose, print } from "./terminal.js";

export type ChangedChoice = "keep" | "redo";

/** `model: "small" → "large"` */
export function changeText({ name, before, after }: ParamChange): string {
  const show = (value: unknown) => (value === undefined ? "none" : shortText(JSON.stringify(value), 60));
  return `${name === "" ? "params" : name} changed: ${show(before)} → ${show(after)}`;
}

/**
 * Old results are never taken for new ones without a word: where the job's parameters are not those of its latest
 * run, the person decides whether to keep what is done or to do it all again (the old checkpoint becomes a backup).
 * @throws CommandError exit 5 where nobody can be asked, or the person wants neither
 */
export async function settleChanges(job: LoadedJobFile, choice: ChangedChoice | undefined): Promise<void> {
  const { state } = await new JsonlStore(job.checkpoint).load(job.name);
  const changes = paramChanges(state, job.definition.params);
  // Results of finished steps count as well: they go into the results of items that are not done yet.
  if (changes.length === 0 || (state.done.size === 0 && state.steps.size === 0)) return;
  const what = changes.map(changeText);
  const done = plural(state.done.size, "item is", "items are");
  if (!choice) for (const line of what) print(line);
  const decided =
    choice ??
    (await choose(`${done} done already. (k)eep, or (r)edo everything?`, ["keep", "redo"] as const));
  if (decided === null)
    throw new CommandError(
      exit.undecided,
      `${what.join("; ")}. ${done} done with the old parameters: run again with --changed keep to go on with them, or --changed redo to do all items again.`,
    );
  if (decided === undefined)
    throw new CommandError(exit.undecided, "Neither was chosen; nothing was changed. Run again to choose.");
  if (decided === "redo") print(`The old results are kept as ${await clearCheckpoint(job.checkpoint)}.`);
}
