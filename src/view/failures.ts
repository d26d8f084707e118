import { type ItemKey, idText } from "../runtime/format/itemId.js";
import { redact } from "../runtime/redact.js";
import type { Failure } from "../runtime/state/jobState.js";
import type { OpenEntry } from "../runtime/state/status.js";
import type { JobView } from "./jobView.js";

export interface FailedItem {
  /** The item's key, to name it in commands. */
  readonly item: ItemKey;
  /** Its id as text; not escaped. */
  readonly id: string;
  /** Without the keys that other programs left in it; not escaped. */
  readonly failure: Failure;
  /** The message as it was recorded: to compare, never to show. */
  readonly recordedMessage: string;
  /** The cause as it was recorded: to compare, never to show. */
  readonly recordedCause: string;
}

export interface FailureGroup {
  cause: string;
  items: FailedItem[];
}

const grouped = new WeakMap<JobView, FailureGroup[]>();

/** Failed items by cause, the largest group first; items in the order in which they failed. */
export function failureGroups(view: JobView): FailureGroup[] {
  const work = grouping(view);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** Items that are grouped between two chances to do something else. */
const itemsAtOnce = 200;

/** As `failureGroups`. Yields now and then. */
export function* grouping(view: JobView): Generator<void, FailureGroup[]> {
  const before = grouped.get(view);
  if (before?.reduce((sum, { items }) => sum + items.length, 0) === view.status.failedItems.length)
    return before;
  const causes = new Map<string, string>();
  const groups = new Map<string, LazyItem[]>();
  for (const [i, entry] of view.status.failedItems.entries()) {
    if (i % itemsAtOnce === 0) yield;
    const item = new LazyItem(entry);
    let cause = causes.get(item.recorded.cause);
    if (cause === undefined) {
      cause = redact(item.recorded.cause);
      causes.set(item.recorded.cause, cause);
    }
    const items = groups.get(cause);
    if (items) items.push(item);
    else groups.set(cause, [item]);
  }
  const made = [...groups]
    .map(([cause, items]) => ({ cause, items: items.sort((a, b) => a.recorded.atMs - b.recorded.atMs) }))
    .sort((a, b) => b.items.length - a.items.length || a.cause.localeCompare(b.cause));
  grouped.set(view, made);
  return made;
}

/** An item of a list; of a hundred thousand of them a few are ever looked at. */
export function failedItem(entry: OpenEntry): FailedItem {
  return new LazyItem(entry);
}

class LazyItem implements FailedItem {
  readonly item: ItemKey;
  readonly recorded: Failure;

  constructor({ item, open }: OpenEntry) {
    this.item = item;
    const { attempt, run, atMs } = open;
    this.recorded = open.failure ?? { cause: "other", message: "", attempt, run, atMs };
  }

  get id(): string {
    return idText(this.item);
  }

  get failure(): Failure {
    return redacted(this.recorded);
  }

  get recordedMessage(): string {
    return this.recorded.message;
  }

  get recordedCause(): string {
    return this.recorded.cause;
  }
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
