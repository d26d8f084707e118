import { maxErrorChars, stopPollIntervalMs } from "../config.js";
import { AgentJobsError, JobDefinitionError, memberOf, messageOf } from "../errors.js";
import { type ItemId, type ItemKey, idText, keyOf } from "../format/itemId.js";
import type {
  DoneRecord,
  PaceRecord,
  RunEndReason,
  StartedRecord,
  Usage,
  WritableRecord,
} from "../format/record.js";
import { assertJson } from "../format/resultJson.js";
import { redact } from "../redact.js";
import { isGone, type JobState } from "../state/jobState.js";
import type { JobLog } from "../store/store.js";

/** What is known of an attempt besides its outcome. */
export interface Measures {
  ms?: number;
  usage?: Usage;
  /** Hash of the item's input. */
  hash?: string;
}

/** What an item of a library user may be: its id, or an object that has one. */
export type ItemLike = ItemId | { id: ItemId };

/** The key of an item: `id` where it has one, else the item itself. @throws TypeError where it is neither. */
export function keyOfItem(item: unknown): ItemKey {
  if (item !== null && typeof item === "object") {
    if ("id" in item) return keyOf(item.id as ItemId);
    throw new TypeError("Expected an item to be an id or to have an `id`; where it has neither, pass `key`.");
  }
  return keyOf(item as ItemId);
}

/** One run of a job: which items remain, and the durable marks of those that are finished. */
export class Session {
  /** Counted from 1 over all runs of the job. */
  readonly run: number;
  private readonly inFlight = new Map<ItemKey, number>();
  private readonly finishing = new Map<ItemKey, Promise<void>>();
  private ended: { reason: RunEndReason; signal?: string; detail?: string } | undefined;
  private closing: Promise<void> | undefined;
  private stopSeen = false;
  private stopWatch: NodeJS.Timeout | undefined;
  private recordingInput: Promise<void> | undefined;

  /** @internal Use `AgentResume` or the runner. */
  constructor(
    private readonly log: JobLog,
    run: number,
  ) {
    this.run = run;
  }

  get state(): JobState {
    return this.log.state;
  }

  /** Whether an item is finished. */
  isDone(id: ItemId): boolean {
    return this.state.done.has(keyOf(id));
  }

  /** How many attempts at an item were begun or recorded, over all runs. */
  attemptsOf(item: ItemKey): number {
    return Math.max(this.state.open.get(item)?.attempt ?? 0, this.inFlight.get(item) ?? 0);
  }

  /**
   * The items that are not done, in their order. The whole input is looked at before the first is given, so
   * that the job's total is recorded.
   * @param key an item's id; left out: `item.id`, or the item itself where it is an id
   * @throws JobDefinitionError AJ_DUPLICATE_IDS naming ids that occur twice
   */
  *remaining<T>(items: Iterable<T>, key?: (item: T) => ItemId): Generator<T> {
    const keyed = [...items].map((item) => ({ item, key: key ? keyOf(key(item)) : keyOfItem(item) }));
    assertDistinct(keyed.map((entry) => entry.key));
    // Not awaited, since iteration is synchronous: the next mark waits for it, and it can be lost without harm.
    this.recordingInput = this.recordInput(keyed.map((entry) => entry.key)).catch(() => {});
    for (const entry of keyed) {
      if (this.stopping) return;
      if (!this.state.done.has(entry.key)) yield entry.item;
    }
  }

  /** Records how many items the input has, and which known ones left it or came back. Ids must be distinct. */
  async recordInput(keys: readonly ItemKey[]): Promise<void> {
    const atMs = Date.now();
    const present = new Set(keys);
    const records: WritableRecord[] = [{ type: "input", atMs, run: this.run, total: present.size }];
    const note = (type: "gone" | "back", item: ItemKey) => records.push({ type, atMs, item, run: this.run });
    for (const item of [...this.state.done, ...this.state.open.keys()])
      if (present.has(item) === isGone(this.state, item)) note(present.has(item) ? "back" : "gone", item);
    await this.log.append(records, "written");
  }

  /** Records that an attempt begins, so that a crash shows the item as in doubt. Resolves with the attempt's number. */
  async markStarted(id: ItemId): Promise<number> {
    return this.start(keyOf(id));
  }

  /** @internal @param pass of a staged item: how often its attempt has waited for its next stage */
  async start(item: ItemKey, pass = 0): Promise<number> {
    const attempt = pass > 0 ? this.attemptOf(item) : this.attemptsOf(item) + 1;
    this.inFlight.set(item, attempt);
    const started: StartedRecord = { type: "started", atMs: Date.now(), item, run: this.run, attempt };
    if (pass > 0) started.pass = pass;
    await this.log.append([started], "written");
    return attempt;
  }

  /** @internal Records that an attempt goes on later, with its next stage. */
  async park(item: ItemKey, pass: number): Promise<void> {
    const waiting = { type: "waiting" as const, atMs: Date.now(), item, run: this.run };
    await this.log.append([{ ...waiting, attempt: this.attemptOf(item), pass }], "synced");
  }

  /** @internal Records what calls of an attempt took that goes on. @param n counted from 1 within the attempt */
  async recordSpent(item: ItemKey, attempt: number, n: number, usage: Usage): Promise<void> {
    const spent = { type: "spent" as const, atMs: Date.now(), item, run: this.run, attempt, n, usage };
    await this.log.append([spent], "written");
  }

  /** @internal Records how far an attempt has come. */
  async recordProgress(item: ItemKey, attempt: number, fraction: number): Promise<void> {
    const progress = { type: "progress" as const, atMs: Date.now(), item, run: this.run, attempt, fraction };
    await this.log.append([progress], "written");
  }

  /** @internal Records how fast the run goes from here on. */
  async recordPace(pace: Omit<PaceRecord, "type" | "atMs" | "run">): Promise<void> {
    await this.log.append([{ type: "pace", atMs: Date.now(), run: this.run, ...pace }], "written");
  }

  /**
   * Records that an item is finished; resolves once that is on the disk. A second mark of the same item does nothing.
   * @param result any JSON; kept and given back by `results`
   * @throws TypeError where the result is no JSON, CheckpointWriteError AJ_WRITE where it could not be written
   */
  async markDone(id: ItemId, result?: unknown, measures: Measures = {}): Promise<void> {
    return this.finish(keyOf(id), result, measures);
  }

  /** @internal */
  async finish(item: ItemKey, result: unknown, measures: Measures): Promise<void> {
    if (this.state.done.has(item)) return;
    const under = this.finishing.get(item);
    if (under) return under;
    assertJson(result);
    const attempt = this.attemptOf(item);
    const done: DoneRecord = { type: "done", atMs: Date.now(), item };
    if (result !== undefined) done.result = result;
    Object.assign(done, rounded(measures));
    done.attempt = attempt;
    done.run = this.run;
    const writing = this.log.append([done], "synced");
    this.finishing.set(item, writing);
    try {
      await writing;
    } finally {
      this.finishing.delete(item);
    }
    this.inFlight.delete(item);
  }

  /** Records that an attempt failed. The item stays to be done. */
  async markFailed(id: ItemId, error: unknown, options: Measures & { cause?: string } = {}): Promise<void> {
    return this.fail(keyOf(id), error, options);
  }

  /** @internal */
  async fail(
    item: ItemKey,
    error: unknown,
    options: Measures & { cause?: string; retry?: boolean },
  ): Promise<void> {
    if (this.state.done.has(item)) return;
    const { cause = "other", retry = false, hash: _, ...measures } = options;
    const stack = ownFrames(memberOf(error, "stack"));
    const record = {
      ...{ type: "failed" as const, atMs: Date.now(), item, run: this.run, attempt: this.attemptOf(item) },
      // Redacted as a whole: a key that is cut is not known by its shape any more.
      ...{ cause: redact(String(cause)), message: messageOf(error).slice(0, maxErrorChars) },
      ...(stack !== undefined && { detail: redact(stack).slice(0, maxErrorChars) }),
    };
    await this.log.append([{ ...record, ...rounded(measures), ...(retry && { retry }) }], "synced");
    this.inFlight.delete(item);
  }

  /** @internal Records a finished step of an item. */
  async recordStep(item: ItemKey, step: string, op: string, result: unknown, ms: number): Promise<void> {
    if (typeof step !== "string")
      throw new TypeError(`Expected a step's name to be a string, got \`${typeof step}\`.`);
    assertJson(result);
    const attempt = this.attemptOf(item);
    const base = { type: "step" as const, atMs: Date.now(), item, run: this.run, attempt, step, op };
    await this.log.append(
      [{ ...base, ...(result !== undefined && { result }), ...rounded({ ms }) }],
      "synced",
    );
  }

  /** @internal Whether somebody asked the run to stop in order. */
  stopRequested(): Promise<boolean> {
    return this.log.stopRequested();
  }

  /** Whether somebody asked the run to stop in order, as `agent-jobs stop` does: `remaining` then gives no more. */
  get stopping(): boolean {
    return this.stopSeen;
  }

  /** @internal Looks for a stop request until the session is closed. */
  watchForStop(): void {
    this.stopWatch = setInterval(() => {
      this.stopRequested().then(
        (asked) => {
          this.stopSeen ||= asked;
          if (asked) this.ended ??= { reason: "stopped" };
        },
        () => {}, // what cannot be read now is read at the next look
      );
    }, stopPollIntervalMs).unref();
  }

  /** @internal Says why the run ends; `close` records it. */
  endAs(reason: RunEndReason, told: { signal?: string; detail?: string } = {}): void {
    this.ended = { reason, ...told };
  }

  /** Ends the run and gives the job back. Items under way stay in doubt. Closing twice does nothing. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private async end(): Promise<void> {
    clearInterval(this.stopWatch);
    try {
      await this.recordingInput;
      const ended = { type: "run-ended" as const, atMs: Date.now(), run: this.run };
      await this.log.append([{ ...ended, ...(this.ended ?? { reason: this.outcome() }) }], "synced");
    } catch (error) {
      // What could not be written, or was taken over, shows as a run without an end; the items matter more.
      if (!(error instanceof AgentJobsError)) throw error;
    } finally {
      await this.log.close();
    }
  }

  /** Whoever gave no reason: finished where nothing of the input is left, stopped where something is. */
  private outcome(): RunEndReason {
    const { state } = this;
    let left = state.total ?? Number.POSITIVE_INFINITY;
    let failed = 0;
    for (const item of state.done) if (!isGone(state, item)) left--;
    for (const [item, { phase }] of state.open) if (phase === "failed" && !isGone(state, item)) failed++;
    if (left > failed) return "stopped";
    return failed > 0 ? "finished-with-failures" : "finished";
  }

  /** The attempt that a mark is of: the one begun in this run, else a new one. */
  private attemptOf(item: ItemKey): number {
    return this.inFlight.get(item) ?? this.attemptsOf(item) + 1;
  }
}

/** A stack without the frames of this package's own bundle, which say nothing of the job. */
function ownFrames(stack: unknown): string | undefined {
  if (typeof stack !== "string") return undefined;
  return stack
    .split("\n")
    .filter((line) => !line.includes(__filename))
    .join("\n");
}

/** Whole milliseconds; left out where a caller's clock gave none that JSON could hold. */
function rounded(measures: Measures): Measures {
  const { ms, ...others } = measures;
  if (ms === undefined) return measures;
  return Number.isFinite(ms) && ms >= 0 ? { ...measures, ms: Math.round(ms) } : others;
}

/** @throws JobDefinitionError AJ_DUPLICATE_IDS */
export function assertDistinct(keys: readonly ItemKey[]): void {
  const seen = new Set<ItemKey>();
  const twice = new Set<ItemKey>();
  for (const key of keys) (seen.has(key) ? twice : seen).add(key);
  if (twice.size === 0) return;
  const shown = [...twice].slice(0, 5).map((key) => `"${idText(key)}"`);
  const rest = twice.size > shown.length ? ` and ${twice.size - shown.length} more` : "";
  throw new JobDefinitionError(
    `The input has ${twice.size === 1 ? "an id" : `${twice.size} ids`} more than once: ${shown.join(", ")}${rest}. Give each item its own id, or set \`key\`.`,
    { code: "AJ_DUPLICATE_IDS" },
  );
}
