import { maxRecordBytes } from "../config.js";
import type { ItemKey } from "../format/itemId.js";
import { memberSource, withMember } from "../format/json.js";
import {
  type DoneRecord,
  encodeArticleLine,
  encodeSnapshotLine,
  type MeasuredRecord,
  type WritableRecord,
} from "../format/record.js";
import type { ScanSummary } from "../format/scan.js";
import type { JobState } from "../state/jobState.js";
import { AppendFile, type Durability } from "./appendFile.js";
import { eventsPathOf } from "./follow.js";
import type { Lock } from "./lock.js";
import { assertFits, encodeChecked, type LineSink, writeError } from "./ownLog.js";

interface Waiting {
  records: readonly WritableRecord[];
  durability: Durability;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** What of an F2 file is carried from line to line. */
interface Carried {
  completed: ItemKey[];
  turn: number;
  /** The user's state as text, so that what JSON.parse cannot hold stays as it is. */
  stateText: string;
  /** When the latest item finished, milliseconds since 1970. */
  atMs: number;
}

/**
 * Continues a file of another tool as that tool writes it: finished items go into it, everything that it cannot
 * hold goes into the events file beside it, in our own format.
 *
 * One write at a time: an F2 line says everything that is finished, so a line must never be overtaken by an earlier
 * one, nor name an item whose own write failed.
 */
export class ForeignLog implements LineSink {
  private queue: Waiting[] = [];
  private draining: Promise<void> | undefined;

  private constructor(
    private readonly format: "article" | "agent-resume",
    private readonly foreign: AppendFile,
    private readonly events: AppendFile,
    private carried: Carried,
  ) {}

  static async open(
    path: string,
    scan: ScanSummary & { format: "article" | "agent-resume" },
    state: JobState,
    lock: Lock,
  ): Promise<ForeignLog> {
    const beforeBatch = () => lock.check();
    const blankLine = Buffer.from("\n");
    const foreign = await AppendFile.open(path, {
      beforeBatch,
      // These formats have no record that says a tear was survived: a blank line does.
      afterTear: (code) => (code !== undefined || scan.tornTail ? blankLine : Buffer.alloc(0)),
    });
    try {
      const events = await AppendFile.open(eventsPathOf(path), {
        beforeBatch,
        afterTear: (code) => (code === undefined ? Buffer.alloc(0) : writeError(state, code)),
      });
      const { turn, stateText } = state.snapshot ?? { turn: 0, stateText: "{}" };
      const carried = { completed: [...state.done], turn, stateText, atMs: 0 };
      return new ForeignLog(scan.format, foreign, events, carried);
    } catch (error) {
      await foreign.close();
      throw error;
    }
  }

  append(records: readonly WritableRecord[], durability: Durability): Promise<void> {
    return new Promise((resolve, reject) => {
      this.queue.push({ records, durability, resolve, reject });
      this.draining ??= this.drain();
    });
  }

  async close(): Promise<void> {
    await this.draining;
    await this.foreign.close();
    await this.events.close();
  }

  private async drain(): Promise<void> {
    while (this.queue.length > 0) {
      await null; // callers of the same tick share one write
      const batch = this.queue;
      this.queue = [];
      await this.write(batch);
    }
    this.draining = undefined;
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    let carried = this.carried;
    const lines: Buffer[] = [];
    const events: Buffer[] = [];
    const accepted: Waiting[] = [];
    for (const entry of batch) {
      try {
        const own: Buffer[] = [];
        const finished: Buffer[] = [];
        let next = carried;
        for (const record of entry.records) {
          if (record.type !== "done") own.push(encodeChecked(record));
          else next = this.finish(record, next, own, finished);
        }
        carried = next;
        events.push(...own);
        lines.push(...finished);
        accepted.push(entry);
      } catch (error) {
        entry.reject(error); // too long a record is its caller's alone
      }
    }
    const durability = accepted.some((entry) => entry.durability === "synced") ? "synced" : "written";
    try {
      if (this.format === "agent-resume" && carried !== this.carried) {
        const { completed: items, stateText, atMs } = carried;
        carried = { ...carried, turn: carried.turn + 1 };
        lines.push(assertFits(encodeSnapshotLine({ atMs, items, turn: carried.turn, stateText })));
      }
      // What an item took comes first: without the line that finishes it, it says only what was spent.
      if (events.length > 0) await this.events.append(Buffer.concat(events), durability);
      if (lines.length > 0) await this.foreign.append(Buffer.concat(lines), durability);
      this.carried = carried;
      for (const entry of accepted) entry.resolve();
    } catch (error) {
      for (const entry of accepted) entry.reject(error);
    }
  }

  /** Adds what finishes an item: to the file, or to what its next line carries; and what it took to the events. */
  private finish(record: DoneRecord, carried: Carried, events: Buffer[], lines: Buffer[]): Carried {
    const { type: _, result, ...measures } = record;
    const { attempt = 1, run = 0 } = record;
    const measured: MeasuredRecord = { ...measures, type: "measured", attempt, run };
    if (this.format === "article") {
      lines.push(assertFits(encodeArticleLine(record)));
      events.push(encodeChecked(measured));
      return carried;
    }
    const stateText = withResult(carried.stateText, record.item, result);
    const isKept = stateText !== undefined || result === undefined;
    events.push(encodeChecked(isKept ? measured : { ...measured, result }));
    return {
      ...carried,
      completed: [...carried.completed, record.item],
      stateText: stateText ?? carried.stateText,
      atMs: record.atMs,
    };
  }
}

/** A result that would make the state longer than this is kept in the events. */
const maxStateChars = maxRecordBytes / 8;

/**
 * agent-resume's examples keep results in `state.results` by id; a state of another shape is the user's own. Ids
 * that are no strings would share a place there with strings of the same text, so they have none.
 */
function withResult(state: string, item: ItemKey, result: unknown): string | undefined {
  if (result === undefined || !item.startsWith('"') || !state.startsWith("{")) return undefined;
  const results = memberSource(state, "results");
  if (!results?.startsWith("{")) return undefined;
  const json = JSON.stringify(result);
  if (state.length + json.length > maxStateChars) return undefined;
  return withMember(state, "results", withMember(results, JSON.parse(item) as string, json));
}
