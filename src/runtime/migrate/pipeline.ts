/** `{job_id, stage, stage_index, fetch_results, analyze_results, transform_results, completed_at}`: results by stage and item. */
import { type ItemKey, keyOf } from "../format/itemId.js";
import { doubtOfTexts, emptyJob, neverTold, type OldJob, takeTotal } from "./oldJob.js";
import { isMembers, type Members, memberOf } from "./oldJson.js";

const resultsOf = /^(.+)_results$/s;

export const isPipeline = (members: Members): boolean =>
  typeof members.stage === "string" &&
  "stage_index" in members &&
  Object.entries(members).some(([name, value]) => resultsOf.test(name) && isMembers(value));

/**
 * An item is done where the last stage has its result, unless the file is in a stage that it holds no results of:
 * then that one is still to be done.
 */
export function readPipeline(members: Members, writtenAtMs: number): OldJob {
  const { job_id, stage } = members;
  const old = emptyJob("pipeline", typeof job_id === "string" ? job_id : null, writtenAtMs);
  const stages = Object.entries(members).flatMap(([name, value]) => {
    const stageName = resultsOf.exec(name)?.[1];
    return stageName !== undefined && isMembers(value) ? [{ name: stageName, results: value }] : [];
  });
  const last = stages.at(-1)!;
  const isWhole = stage === "done" || stages.some(({ name }) => name === stage);
  for (const id of new Set(stages.flatMap(({ results }) => Object.keys(results)))) {
    const item = keyOf(id);
    const isDone = isWhole && Object.hasOwn(last.results, id);
    const steps = stages
      .filter(({ results }) => Object.hasOwn(results, id))
      // A done item's own record holds what the last stage gave.
      .map(({ name, results }) =>
        isDone && name === last.name ? { name } : { name, result: memberOf(results, id) },
      );
    if (isDone) old.done.push({ item, result: memberOf(last.results, id), steps });
    else old.waiting.push({ item, steps });
  }
  const firstIsOver = stage !== stages[0]!.name;
  takeTotal(old, firstIsOver ? Object.keys(stages[0]!.results).length : undefined);
  if (!isWhole)
    old.leftOut.push(
      `It was in stage "${String(stage)}", of which it holds no results: no item is taken for done.`,
    );
  const kept = stages.map(({ name, results }) => `${name} ${Object.keys(results).length}`).join(", ");
  if (old.waiting.length > 0)
    old.leftOut.push(
      `Results by stage (${kept}) are kept as steps without inputs: \`ctx.step("${stages[0]!.name}", null, …)\` gives them back. A step with inputs, and a job with \`stages\`, makes them anew, for nothing tells what they were made from.`,
    );
  old.untold.push(
    `which item was in hand in stage "${String(stage)}", and whether any failed`,
    "when each item ended (its `completed_at` is local time marked as UTC) and what it took",
    neverTold,
  );
  const doubt = doubtOfTexts(itemsOf(old));
  if (doubt !== undefined) old.untold.push(doubt);
  return old;
}

function* itemsOf({ done, waiting }: OldJob): Generator<ItemKey> {
  for (const { item } of [...done, ...waiting]) yield item;
}
