import type { Fault } from "./plan.js";
import type { Service } from "./replies.js";

/** One request as the server saw it. Times are the server's `performance.now()`. */
export interface LedgerEntry {
  /** Counted from 0, as the requests' last bytes came. */
  n: number;
  requestId: string;
  service: Service;
  item: string;
  /** Of the item's requests, counted from 0. */
  attempt: number;
  arrivedMs: number;
  /** Right before the last bytes were sent, or when the client was seen to have left; null while it is in flight. */
  endedMs: number | null;
  /** Null while it is worked on. */
  outcome: Fault | "answered" | null;
  /** Of the answer; null where there was none. */
  status: number | null;
  /** What the account is charged, whether or not the client got to see it. */
  inputTokens: number;
  outputTokens: number;
  usd: number;
  /** The whole answer was handed to the system. */
  sent: boolean;
  leftByClient: boolean;
  /** What a 429 asked for. */
  retryAfterMs?: number;
  /** Refused by one of the server's own limits, not by the plan. */
  overLimit?: true;
}

export interface LedgerData {
  /** Add it to a time to get Unix time in milliseconds. */
  timeOriginMs: number;
  entries: LedgerEntry[];
}

/** Everything that was asked of a model server, and what it comes to. */
export class Ledger {
  readonly timeOriginMs: number;
  readonly entries: readonly LedgerEntry[];

  constructor({ timeOriginMs, entries }: LedgerData) {
    this.timeOriginMs = timeOriginMs;
    this.entries = entries;
  }

  /** The sums over all requests, or over some. */
  totals(of: (entry: LedgerEntry) => boolean = () => true): {
    requests: number;
    inputTokens: number;
    outputTokens: number;
    usd: number;
  } {
    const sum = { requests: 0, inputTokens: 0, outputTokens: 0, usd: 0 };
    for (const entry of this.entries.filter(of)) {
      sum.requests++;
      sum.inputTokens += entry.inputTokens;
      sum.outputTokens += entry.outputTokens;
      sum.usd += entry.usd;
    }
    return sum;
  }

  byItem(): Map<string, LedgerEntry[]> {
    const items = new Map<string, LedgerEntry[]>();
    for (const entry of this.entries) {
      const known = items.get(entry.item);
      if (known) known.push(entry);
      else items.set(entry.item, [entry]);
    }
    return items;
  }

  byOutcome(): Partial<Record<string, number>> {
    const counts: Partial<Record<string, number>> = {};
    for (const { outcome } of this.entries) counts[String(outcome)] = (counts[String(outcome)] ?? 0) + 1;
    return counts;
  }

  /**
   * The most requests in flight at any moment. The server learns only afterwards that a client has given up: such
   * requests count as ended `leaveSlackMs` before it saw so, or else the client's next request would look like one too many.
   */
  maxInFlight(leaveSlackMs = 0): number {
    const changes = this.entries.flatMap(({ arrivedMs, endedMs, leftByClient }) => {
      const end = endedMs === null ? Number.POSITIVE_INFINITY : endedMs - (leftByClient ? leaveSlackMs : 0);
      return [
        { atMs: arrivedMs, by: 1 },
        { atMs: Math.max(end, arrivedMs), by: -1 },
      ];
    });
    changes.sort((a, b) => a.atMs - b.atMs || a.by - b.by);
    let now = 0;
    let most = 0;
    for (const { by } of changes) {
      now += by;
      most = Math.max(most, now);
    }
    return most;
  }

  /** The most requests that arrived in any window of this length, wherever it starts. */
  maxRequestsIn(windowMs: number): number {
    return this.most(windowMs, () => 1);
  }

  /** The most tokens charged for requests that arrived in any window of this length. */
  maxTokensIn(windowMs: number): number {
    return this.most(windowMs, ({ inputTokens, outputTokens }) => inputTokens + outputTokens);
  }

  /** The requests that came for an item before the time that its last 429 had asked for. */
  tooEarly(): LedgerEntry[] {
    return [...this.byItem().values()].flatMap((entries) =>
      entries.filter((entry, i) => {
        const last = entries[i - 1];
        return last?.endedMs != null && entry.arrivedMs < last.endedMs + (last.retryAfterMs ?? 0);
      }),
    );
  }

  private most(windowMs: number, weight: (entry: LedgerEntry) => number): number {
    const sorted = [...this.entries].sort((a, b) => a.arrivedMs - b.arrivedMs);
    let first = 0;
    let sum = 0;
    let most = 0;
    for (const entry of sorted) {
      sum += weight(entry);
      while (entry.arrivedMs - sorted[first]!.arrivedMs >= windowMs) sum -= weight(sorted[first++]!);
      most = Math.max(most, sum);
    }
    return most;
  }
}
