import { idText } from "../runtime/format/itemId.js";
import { redact } from "../runtime/redact.js";
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
    const { attempt, run, atMs } = open;
    const failure = redacted(open.failure ?? { cause: "other", message: "", attempt, run, atMs });
    const items = groups.get(failure.cause) ?? [];
    items.push({ item, id: idText(item), failure });
    groups.set(failure.cause, items);
  }
  return [...groups]
    .map(([cause, items]) => ({ cause, items: items.sort((a, b) => a.failure.atMs - b.failure.atMs) }))
    .sort((a, b) => b.items.length - a.items.length || a.cause.localeCompare(b.cause));
}

const known = new WeakMap<Failure, Failure>();

/** Our own runs record no keys; another program, or an earlier version, may have. */
function redacted(failure: Failure): Failure {
  const before = known.get(failure);
  if (before) return before;
  const { cause, message, detail } = failure;
  const texts = { cause: redact(cause), message: redact(message) };
  const made = { ...failure, ...texts, ...(detail !== undefined && { detail: redact(detail) }) };
  known.set(failure, made);
  return made;
}
