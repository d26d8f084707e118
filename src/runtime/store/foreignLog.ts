import type { ItemKey } from "../format/itemId.js";
import { encodeArticleLine, encodeSnapshotLine, type WritableRecord } from "../format/record.js";
import type { JobState } from "../state/jobState.js";
import { AppendFile, type Durability } from "./appendFile.js";
import { eventsPathOf } from "./follow.js";
import type { Lock } from "./lock.js";
import { encodeChecked, type LineSink } from "./ownLog.js";

/**
 * Continues a file of another tool as that tool writes it: finished items go into it, everything that it cannot
 * hold goes into the events file beside it, in our own format.
 */
export class ForeignLog implements LineSink {
  private constructor(
    private readonly format: "article" | "agent-resume",
    private readonly foreign: AppendFile,
    private readonly events: AppendFile,
    private completed: ItemKey[],
    private turn: number,
    private userState: unknown,
  ) {}

  static async open(
    path: string,
    format: "article" | "agent-resume",
    state: JobState,
    lock: Lock,
  ): Promise<ForeignLog> {
    const options = { beforeBatch: () => lock.check() };
    const foreign = await AppendFile.open(path, options);
    const events = await AppendFile.open(eventsPathOf(path), options);
    const { turn, state: userState } = state.snapshot ?? { turn: 0, state: {} };
    return new ForeignLog(format, foreign, events, [...state.done], turn, userState);
  }

  async append(records: readonly WritableRecord[], durability: Durability): Promise<void> {
    const lines: Buffer[] = [];
    const events: Buffer[] = [];
    for (const record of records) {
      if (record.type !== "done") {
        events.push(encodeChecked(record));
        continue;
      }
      const { result, type: _, ...measures } = record;
      const { attempt = 1, run = 0 } = record;
      const keptInFile = this.keepDone(record.item, record.atMs, result, lines);
      events.push(
        encodeChecked({
          ...measures,
          type: "measured",
          attempt,
          run,
          ...(!keptInFile && result !== undefined && { result }),
        }),
      );
    }
    // What an item took comes first: without the line that finishes it, it says only what was spent.
    if (events.length > 0) await this.events.append(Buffer.concat(events), durability);
    if (lines.length > 0) await this.foreign.append(Buffer.concat(lines), durability);
  }

  async close(): Promise<void> {
    await this.foreign.close();
    await this.events.close();
  }

  /** Adds the line that finishes an item; says whether the file holds its result as well. */
  private keepDone(item: ItemKey, atMs: number, result: unknown, lines: Buffer[]): boolean {
    if (this.format === "article") {
      lines.push(encodeArticleLine({ type: "done", atMs, item, result }));
      return true;
    }
    this.completed = [...this.completed, item];
    const kept = withResult(this.userState, item, result);
    if (kept) this.userState = kept;
    this.turn++;
    lines.push(
      encodeSnapshotLine({
        type: "snapshot",
        atMs,
        items: this.completed,
        turn: this.turn,
        state: this.userState,
      }),
    );
    return kept !== undefined;
  }
}

/** agent-resume's examples keep results in `state.results` by id; a state of another shape is the user's own. */
function withResult(state: unknown, item: ItemKey, result: unknown): object | undefined {
  const results = (state as { results?: unknown } | null)?.results;
  if (result === undefined || results === null || typeof results !== "object" || Array.isArray(results))
    return undefined;
  const id = item.startsWith('"') ? (JSON.parse(item) as string) : item;
  return { ...(state as object), results: { ...results, [id]: result } };
}
