import { type ItemKey, idText, keyOf } from "../runtime/format/itemId.js";
import { type FailedItem, failedItem } from "./failures.js";
import type { JobView } from "./jobView.js";

export interface FoundItem {
  item: ItemKey;
  state: "failed" | "in doubt" | "in flight" | "done";
  /** Of a failed one. */
  failed?: FailedItem;
}

export interface ItemSearch {
  /** Those that failed first, then those in doubt, in flight and done; a done one that is called exactly so before all. */
  found: FoundItem[];
  /** There are more, which were not looked for. */
  isMore: boolean;
}

/** Items that are looked at between two chances to do something else. */
const itemsAtOnce = 500;

/**
 * Looks for a job's items: failed ones by their ids, causes and messages, others by their ids. Done ones are found only
 * where something is typed. Yields now and then, so that a million of them keep nobody waiting.
 * @param typed words, in any order and case, that all have to be there
 * @param max as many are found at most
 */
export function* searchItems(
  view: JobView,
  typed: string,
  { max = 100, onlyFailed = false }: { max?: number; onlyFailed?: boolean } = {},
): Generator<void, ItemSearch> {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (text: string) => {
    const lower = text.toLowerCase();
    return words.every((word) => lower.includes(word));
  };
  const found = new Map<ItemKey, FoundItem>();
  let looked = 0;
  for (const one of candidates(view, typed.trim(), { onlyFailed, isTyped: words.length > 0 })) {
    if (++looked % itemsAtOnce === 0) yield;
    const { item, failed } = one;
    const text = failed
      ? `${idText(item)}\n${failed.recordedCause}\n${failed.recordedMessage}`
      : idText(item);
    if (found.has(item) || !matches(text)) continue;
    if (found.size === max) return { found: [...found.values()], isMore: true };
    found.set(item, one);
  }
  return { found: [...found.values()], isMore: false };
}

function* candidates(
  { state, status }: JobView,
  typed: string,
  { isTyped, onlyFailed }: { isTyped: boolean; onlyFailed: boolean },
): Generator<FoundItem> {
  // A million done items need not be looked through for one that is named.
  if (isTyped && !onlyFailed)
    for (const item of [keyOf(typed), typed as ItemKey])
      if (state.done.has(item)) yield { item, state: "done" };
  for (const entry of status.failedItems) yield failure(entry);
  if (onlyFailed) return;
  for (const { item } of status.inDoubtItems) yield { item, state: "in doubt" };
  for (const { item } of status.inFlightItems) yield { item, state: "in flight" };
  if (isTyped) for (const item of state.done) yield { item, state: "done" };
}

const failure = (entry: JobView["status"]["failedItems"][number]): FoundItem => ({
  ...{ item: entry.item, state: "failed" },
  failed: failedItem(entry),
});
