import { type ItemKey, idText } from "../../runtime/format/itemId.js";
import { redact } from "../../runtime/redact.js";
import type { OpenItem } from "../../runtime/state/jobState.js";
import type { OpenEntry } from "../../runtime/state/status.js";
import { t } from "../l10n.js";
import { countText, plural, recordTimeText, shortText } from "../text.js";

export const failureColumns = ["item", "cause", "message", "attempt", "time"] as const;
export type FailureColumn = (typeof failureColumns)[number];

/** Which failures a person wants to see, and in what order. */
export interface FailureQuery {
  /** In the id, the cause or the message; whatever its letters' case. */
  text: string;
  /** By its name as it is shown; null for all. */
  cause: string | null;
  sort: FailureColumn;
  descending: boolean;
  limit: number;
}

export const rowsAtFirst = 100;
export const maxRows = 1_000;
export const maxFilterChars = 200;

export const anyFailure: FailureQuery = {
  ...{ text: "", cause: null, sort: "time", descending: true, limit: rowsAtFirst },
};

/** A failed item, its texts made safe and short. */
export interface FailureRow {
  key: ItemKey;
  item: string;
  cause: string;
  message: string;
  attempt: number;
  time: string;
}

export interface CauseRow {
  cause: string;
  items: number;
  /** `1,234`; a page of its own takes long for its first number. */
  count: string;
  label: string;
}

export interface PickedFailures {
  rows: FailureRow[];
  /** How many there are that the query asks for, and in all. */
  matching: number;
  total: number;
  /** Of all, the largest first. */
  causes: CauseRow[];
  moreCauses: number;
}

const maxCauses = 30;
const maxCauseChars = 80;
const maxItemChars = 120;
const maxMessageChars = 300;

/** What a cause is shown as, and named by in a query. */
export function causeName(cause: string): string {
  return shortText(redact(cause), maxCauseChars);
}

/** Picks the rows of a table from any number of failures that it is given one by one; of those it keeps no more than shown. */
export class FailurePick {
  private kept: OpenEntry[] = [];
  private matching = 0;
  private total = 0;
  private readonly counts = new Map<string, number>();
  private readonly names = new Map<string, string>();
  private readonly text: string;
  private readonly order: (a: OpenEntry, b: OpenEntry) => number;

  constructor(private readonly query: FailureQuery) {
    this.text = query.text.trim().toLowerCase();
    this.order = orderOf(query);
  }

  take(entry: OpenEntry): void {
    this.total++;
    const { cause, message } = failureOf(entry.open);
    const name = this.nameOf(cause);
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    if (this.query.cause !== null && name !== this.query.cause) return;
    if (
      this.text !== "" &&
      ![entry.item, name, message].some((part) => part.toLowerCase().includes(this.text))
    )
      return;
    this.matching++;
    this.kept.push(entry);
    if (this.kept.length >= 4 * maxRows) this.cut();
  }

  result(): PickedFailures {
    this.cut();
    const causes = [...this.counts]
      .map(([cause, items]) => ({
        ...{ cause, items, count: countText(items) },
        label: t("{0}: {1}", cause, plural(items, "item")),
      }))
      .sort((a, b) => b.items - a.items || a.cause.localeCompare(b.cause));
    return {
      rows: this.kept.map(rowOf),
      ...{ matching: this.matching, total: this.total, causes: causes.slice(0, maxCauses) },
      moreCauses: Math.max(0, causes.length - maxCauses),
    };
  }

  private cut(): void {
    this.kept = this.kept.sort(this.order).slice(0, this.query.limit);
  }

  private nameOf(cause: string): string {
    let name = this.names.get(cause);
    if (name === undefined) {
      name = causeName(cause);
      // Causes are few, unless a program writes another one each time.
      if (this.names.size < 1_000) this.names.set(cause, name);
    }
    return name;
  }
}

const failureOf = (open: OpenItem) => open.failure ?? { cause: "other", message: "" };

function rowOf({ item, open }: OpenEntry): FailureRow {
  const { cause, message } = failureOf(open);
  return {
    ...{ key: item, item: shortText(redact(idText(item)), maxItemChars), cause: causeName(cause) },
    message: shortText(redact(message.slice(0, 4 * maxMessageChars)), maxMessageChars),
    ...{ attempt: open.attempt, time: recordTimeText(open.failure?.atMs ?? open.atMs) },
  };
}

let collator: Intl.Collator | undefined;

function orderOf({ sort, descending }: FailureQuery): (a: OpenEntry, b: OpenEntry) => number {
  collator ??= new Intl.Collator("en", { numeric: true });
  const compare = collator.compare;
  const text = (part: (entry: OpenEntry) => string) => (a: OpenEntry, b: OpenEntry) =>
    compare(part(a), part(b));
  const by: Record<FailureColumn, (a: OpenEntry, b: OpenEntry) => number> = {
    item: text(({ item }) => item),
    cause: text(({ open }) => failureOf(open).cause),
    message: text(({ open }) => failureOf(open).message),
    attempt: (a, b) => a.open.attempt - b.open.attempt,
    time: (a, b) => (a.open.failure?.atMs ?? a.open.atMs) - (b.open.failure?.atMs ?? b.open.atMs),
  };
  const first = by[sort];
  const sign = descending ? -1 : 1;
  return (a, b) => sign * first(a, b) || compare(a.item, b.item);
}
