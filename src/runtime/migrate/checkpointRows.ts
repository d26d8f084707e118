/** Rows of the table `checkpoints`: `job_id, item_id, status, result, error, attempts, updated_at`. */
import { type ItemKey, keyOf } from "../format/itemId.js";
import { nonNumbersNote } from "./completedList.js";
import { doubtOfTexts, emptyJob, neverTold, type OldJob } from "./oldJob.js";
import { type Members, msOfSeconds, numberOf, parseOldJson } from "./oldJson.js";
import { countOf, listedItems } from "./wording.js";

export const rowColumns = [
  "job_id",
  "item_id",
  "status",
  "result",
  "error",
  "attempts",
  "updated_at",
] as const;

/** @param rows of one job, in the order in which they were registered */
export function readRows(rows: readonly Members[], job: string, writtenAtMs: number): OldJob {
  const old = emptyJob("sqlite", job, writtenAtMs);
  const unreadable: ItemKey[] = [];
  const items: ItemKey[] = [];
  let [unfit, withoutResult, unknownStatus] = [0, 0, 0];
  let latestMs: number | undefined;
  for (const row of rows) {
    const { item_id, status, result, error, updated_at } = row;
    if (typeof item_id !== "string") {
      unfit++;
      continue;
    }
    const item = keyOf(item_id);
    items.push(item);
    const atMs = msOfSeconds(updated_at);
    const at = atMs === undefined ? {} : { atMs };
    if (atMs !== undefined) latestMs = Math.max(latestMs ?? atMs, atMs);
    const attempts = Math.max(0, Math.trunc(numberOf(row.attempts) ?? 0));
    if (status === "done") {
      const given = resultOf(result);
      if (given === "unreadable") {
        unreadable.push(item);
        old.notBegun++;
        continue;
      }
      if (given.hadNonNumbers && !old.leftOut.includes(nonNumbersNote)) old.leftOut.push(nonNumbersNote);
      if (given.value === undefined) withoutResult++;
      old.done.push({ item, ...at, result: given.value, attempt: attempts + 1 });
    } else if (status === "failed")
      old.failed.push({ item, ...at, message: String(error ?? ""), attempts: Math.max(1, attempts) });
    else if (status === "processing") old.inDoubt.push({ item, ...at, attempt: attempts + 1 });
    else {
      if (status !== "pending") unknownStatus++;
      old.notBegun++;
    }
  }
  old.total = items.length;
  if (latestMs !== undefined) old.changedAtMs = latestMs;
  if (unfit > 0) old.leftOut.push(`${countOf(unfit, "row")} whose item_id is no text.`);
  if (unreadable.length > 0)
    old.leftOut.push(`Results that are no JSON, so that these are done again: ${listedItems(unreadable)}.`);
  if (unknownStatus > 0)
    old.leftOut.push(`${countOf(unknownStatus, "row")} of a status that is none of the four, as not begun.`);
  if (withoutResult > 0) old.untold.push(`the results of ${countOf(withoutResult, "finished item")}`);
  old.untold.push(
    "when the job was started, and what each item took",
    "earlier errors of an item than its last",
    neverTold,
  );
  const doubt = doubtOfTexts(items);
  if (doubt !== undefined) old.untold.push(doubt);
  return old;
}

type GivenResult = { value: unknown; hadNonNumbers: boolean } | "unreadable";

function resultOf(text: unknown): GivenResult {
  if (text === null) return { value: undefined, hadNonNumbers: false };
  try {
    return typeof text === "string" ? parseOldJson(text) : "unreadable";
  } catch {
    return "unreadable";
  }
}
