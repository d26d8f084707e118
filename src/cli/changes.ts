import { redoItems } from "../runtime/redo.js";
import type { Input } from "../runtime/runner/items.js";
import { hasChanged, type JobChanges } from "../runtime/runner/jobChanges.js";
import type { LoadedJobFile } from "../runtime/runner/loadJob.js";
import { planRun } from "../runtime/runner/plan.js";
import { changeLines } from "../view/changeText.js";
import { plural, usdText } from "../view/text.js";
import { CommandError, exit } from "./exitCodes.js";
import { choose, print } from "./terminal.js";

export type ChangedChoice = "keep" | "redo";

/**
 * Old results are never taken for new ones without a word: where anything that results depend on is not what it was,
 * the person decides whether to keep what is done or to do again what is affected (the old checkpoint is kept). A retry
 * can only keep it: to redo takes all back that depends on the change, and the failures with it.
 * @param run how a run of the same is called, where this is a retry
 * @throws CommandError exit 5 where nobody can be asked, or the person wants neither; exit 2 for a retry that is to redo
 */
export async function settleChanges(
  job: LoadedJobFile,
  input: Input,
  choice: ChangedChoice | undefined,
  run?: string,
): Promise<void> {
  if (run !== undefined && choice === "redo")
    throw new CommandError(
      exit.usage,
      `A retry does failed items again and leaves what is done as it is: nothing was begun. To redo the results, run it: ${run} --changed redo.`,
    );
  const { plan, changes } = await planRun(job, input);
  // Results of finished steps count as well: they go into the results of items that are not done yet.
  const isTouched = plan.saved.items > 0 || plan.failed + plan.inDoubt > 0;
  if (!hasChanged(changes) || !isTouched) return;
  const lines = changeLines(plan.changed);
  if (!choice) for (const line of lines) print(line);
  const { isWhole, what } = affected(changes, plan.saved.items);
  const { usd } = plan.saved;
  const cost = isWhole && usd !== null ? `, ${usdText(usd)} spent on them` : "";
  const before = `${what} done before that${cost}`;
  const choices = run === undefined ? (["keep", "redo"] as const) : (["keep"] as const);
  const asked = run === undefined ? "(k)eep, or (r)edo?" : `(k)eep them, and retry? (To redo them: ${run})`;
  const decided = choice ?? (await choose(`${before}. ${asked}`, choices));
  if (decided === null)
    throw new CommandError(
      exit.undecided,
      `${lines.join(" ")} ${before}: run again with --changed keep to go on with the results as they are, or ${run === undefined ? "" : `run it (${run}) `}with --changed redo to do them again.`,
    );
  if (decided === undefined)
    throw new CommandError(exit.undecided, "Nothing was chosen; nothing was changed. Run again to choose.");
  if (decided === "keep") return;
  // Stages know by their inputs and code which of their results still hold; steps of other jobs do not.
  const keepsSteps = isWhole && job.definition.stages !== undefined && changes.params.length === 0;
  const items = isWhole ? ("all" as const) : new Set(changes.items);
  const backup = await redoItems(job.checkpoint, { items, keepsSteps });
  if (backup !== null) print(`The old results are kept as ${backup}.`);
}

/** A change of the job affects all items; one of items' content those alone. */
function affected({ params, sources, stages, items }: JobChanges, done: number) {
  const isWhole = params.length + sources.length > 0 || stages;
  return { isWhole, what: plural(isWhole ? done : items.length, "item was", "items were") };
}
