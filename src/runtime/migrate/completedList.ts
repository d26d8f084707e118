import { type ItemKey, idText } from "../format/itemId.js";
import type { OldDone, OldJob } from "./oldJob.js";
import { isMembers, memberOf, oldKeyOf } from "./oldJson.js";
import { countOf, listed, listedItems } from "./wording.js";

/**
 * Takes a list of finished ids and an object of results by their text, which two of the shapes share.
 * @returns each finished item once, in the order of the list
 */
export function takeCompleted(job: OldJob, ids: readonly unknown[], resultsMember: unknown): OldDone[] {
  const results = isMembers(resultsMember) ? resultsMember : {};
  const done = new Map<ItemKey, OldDone>();
  const repeated: ItemKey[] = [];
  let unfit = 0;
  for (const id of ids) {
    const item = oldKeyOf(id);
    if (item === undefined) unfit++;
    else if (done.has(item)) repeated.push(item);
    else done.set(item, { item });
  }
  const byText = new Map<string, OldDone[]>();
  for (const one of done.values()) {
    const text = idText(one.item);
    byText.set(text, [...(byText.get(text) ?? []), one]);
  }
  const ambiguous: string[] = [];
  for (const [text, items] of byText) {
    const result = memberOf(results, text);
    if (result === undefined) continue;
    if (items.length === 1) items[0]!.result = result;
    else ambiguous.push(text);
  }
  const lost = [...done.values()].filter(({ result }) => result === undefined).length;
  const orphans = Object.keys(results).filter((text) => !byText.has(text));
  if (unfit > 0) job.leftOut.push(`${countOf(unfit, "id")} that can be none, such as a list.`);
  if (repeated.length > 0) job.leftOut.push(`Listed more than once, kept once: ${listedItems(repeated)}.`);
  if (ambiguous.length > 0) job.leftOut.push(sharedNote(ambiguous));
  if (orphans.length > 0)
    job.leftOut.push(
      `Results of items that are not listed as finished, which are done again: ${listed(orphans)}.`,
    );
  if (lost > 0) job.untold.push(`the results of ${countOf(lost, "finished item")}`);
  return [...done.values()];
}

export const sharedNote = (texts: readonly string[]): string =>
  `One result for two ids, one a number and one a text, kept for neither: ${listed(texts)}.`;

export const nonNumbersNote = "NaN and infinities in results, which JSON cannot hold, are null now.";
