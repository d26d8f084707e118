import { idText } from "../runtime/format/itemId.js";
import type { Failure } from "../runtime/state/jobState.js";
import type { JobView } from "./jobView.js";

export interface FailedItem {
  /** The item's key, to name it in commands. */
  item: string;
  /** Its id as text; not escaped. */
  id: string;
  failure: Failure;
}

export interface FailureGroup {
  cause: string;
  items: FailedItem[];
}

/** Failed items by cause, the largest group first; items in the order in which they failed. */
export function failureGroups(view: JobView): FailureGroup[] {
  const groups = new Map<string, FailedItem[]>();
  for (const { item, open } of view.status.failedItems) {
    const failure = open.failure ?? {
      cause: "other",
      message: "",
      attempt: open.attempt,
      run: open.run,
      atMs: open.atMs,
    };
    const items = groups.get(failure.cause) ?? [];
    items.push({ item, id: idText(item), failure });
    groups.set(failure.cause, items);
  }
  return [...groups]
    .map(([cause, items]) => ({ cause, items: items.sort((a, b) => a.failure.atMs - b.failure.atMs) }))
    .sort((a, b) => b.items.length - a.items.length || a.cause.localeCompare(b.cause));
}
