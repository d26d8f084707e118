import { defaultMapConcurrency } from "./config.js";
import { AgentJobsError, ItemsFailedError, JobDefinitionError, messageOf, StoppedError } from "./errors.js";
import { type ItemId, type ItemKey, idText, idValue } from "./format/itemId.js";
import { claim, type LoopPlace, loopPlace } from "./loopPlace.js";
import { collected, hashOf, inputOf, type MapItem } from "./mapInput.js";
import { readResults } from "./results.js";
import { causeIn, isFatal } from "./runner/causes.js";
import { jobChanges } from "./runner/jobChanges.js";
import { safeText } from "./safeText.js";
import { openSession, type SessionOptions } from "./session/openSession.js";
import type { Session } from "./session/session.js";
import { isGone, type JobState } from "./state/jobState.js";
import { type StopSignal, watchSignals } from "./stopSignals.js";
import { JsonlStore } from "./store/jsonlStore.js";

/** Runs a piece of work when its turn has come, as `p-limit`'s limiters do. */
export type Limiter = (work: () => Promise<void>) => PromiseLike<unknown>;

export interface MapOptions<T> extends Pick<SessionOptions, "onDamage" | "takeOver" | "params"> {
  /** An item's id: a function, or the name of a member; left out: `item.id`, or the item itself where it is a string or a number. */
  key?: string | ((item: T) => ItemId);
  /** Names the job, and so its checkpoint. Left out: the script's name. Two maps of one script need two names. */
  job?: string;
  /** The checkpoint, relative to the working directory. Left out: `checkpoints/JOB.jsonl` beside the script. */
  checkpoint?: string;
  /** How many items are worked on at a time; 32 where neither this nor `limit` says. */
  concurrency?: number;
  /**
   * Says when an item's turn has come: a limiter that the script has, such as `pLimit(8)`. An item counts as begun when
   * it lets it. Within `fn` it would be too late: items that wait there count as begun, and after a crash as in doubt.
   */
  limit?: Limiter;
  /** `keep` goes on where `params` differ from those of the run before; otherwise that is an error. */
  changed?: "refuse" | "keep";
}

/**
 * Calls `fn` for each item that is not done yet, several at a time, and keeps what it gives: killed and run again, the
 * script goes on where it was.
 *
 * ```ts
 * const outs = await Promise.all(docs.map((doc) => limit(() => translate(doc))));   // before
 * const outs = await map(docs, translate, { limit });                               // after
 * ```
 *
 * @param items all of them are looked at before the first begins
 * @returns the results in the order of the items, those of earlier runs among them; with `settle`, for each item what
 *   `Promise.allSettled` would say
 * @throws ItemsFailedError at the end, where items failed and `settle` is not set: the others are done. StoppedError
 *   where somebody asked the run to stop (`agent-jobs stop`). JobDefinitionError AJ_JOB, AJ_DUPLICATE_IDS, AJ_PARAMS;
 *   JobHeldError; AgentJobsError AJ_DAMAGED and what else `JsonlStore.open` throws; CheckpointWriteError
 */
export async function map<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  fn: (item: T) => R | PromiseLike<R>,
  options: MapOptions<T> & { settle: true },
): Promise<PromiseSettledResult<R>[]>;
export async function map<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  fn: (item: T) => R | PromiseLike<R>,
  options?: MapOptions<T> & { settle?: false },
): Promise<R[]>;
export async function map<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  fn: (item: T) => R | PromiseLike<R>,
  options: MapOptions<T> & { settle?: boolean } = {},
): Promise<R[] | PromiseSettledResult<R>[]> {
  check(items, fn, options);
  const listed: T[] = Array.isArray(items) ? items : await collected(items);
  const input = inputOf(listed, options.key as MapOptions<unknown>["key"]);
  const place = loopPlace(options);
  claim(place, fn);
  const run = await MapRun.open(input, fn as (item: unknown) => unknown, place, options);
  await run.work();
  const outcomes = run.outcomes() as PromiseSettledResult<R>[];
  if (options.settle) return outcomes;
  if (run.failures.size > 0) throw failedError(run.failures, outcomes);
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<R>).value);
}

function check(items: unknown, fn: unknown, { concurrency, limit, changed }: MapOptions<never>): void {
  const iterable = items as Iterable<unknown> & AsyncIterable<unknown>;
  if (typeof items === "string" || !(iterable?.[Symbol.iterator] || iterable?.[Symbol.asyncIterator]))
    throw new TypeError(`Expected items to be an array or another iterable, got \`${typeof items}\`.`);
  if (typeof fn !== "function") throw new TypeError(`Expected a function, got \`${typeof fn}\`.`);
  if (concurrency !== undefined && limit !== undefined)
    throw new TypeError(
      "Expected either concurrency or limit, got both: the limiter says how many at a time.",
    );
  if (limit !== undefined && typeof limit !== "function")
    throw new TypeError(`Expected limit to be a limiter such as pLimit(8), got \`${typeof limit}\`.`);
  const isCount = Number.isSafeInteger(concurrency) || concurrency === Number.POSITIVE_INFINITY;
  if (concurrency !== undefined && !(isCount && concurrency >= 1))
    throw new RangeError(`Expected concurrency to be an integer of at least 1, got ${String(concurrency)}.`);
  if (changed !== undefined && changed !== "refuse" && changed !== "keep")
    throw new TypeError(`Expected changed to be "refuse" or "keep", got ${JSON.stringify(changed)}.`);
}

/** One run of a map: what is left of its input, and what became of each item. */
class MapRun {
  readonly failures = new Map<ItemKey, unknown>();
  private readonly results = new Map<ItemKey, unknown>();
  /** What no other item would escape either: the run ends with it. */
  private fatal: unknown;
  private stopSignal: StopSignal | undefined;

  private constructor(
    private readonly input: readonly MapItem[],
    private readonly fn: (item: unknown) => unknown,
    private readonly place: LoopPlace,
    private readonly options: MapOptions<never>,
    private readonly session: Session,
  ) {}

  static async open(
    input: readonly MapItem[],
    fn: (item: unknown) => unknown,
    place: LoopPlace,
    options: MapOptions<never>,
  ): Promise<MapRun> {
    const store = new JsonlStore(place.checkpoint);
    const { onDamage, takeOver, params } = options;
    const { concurrency = (options.limit as { concurrency?: unknown } | undefined)?.concurrency } = options;
    if (params !== undefined && options.changed !== "keep")
      refuseChange((await store.load(place.job)).state, params, place);
    const { session } = await openSession(store, place.job, {
      ...(onDamage !== undefined && { onDamage }),
      ...(takeOver !== undefined && { takeOver }),
      ...(params !== undefined && { params }),
      ...(Number.isSafeInteger(concurrency) && { concurrency: concurrency as number }),
    });
    return new MapRun(input, fn, place, options, session);
  }

  /** Does what is left, and ends the run. @throws what ended it early */
  async work(): Promise<void> {
    const unwatch = watchSignals((signal) => {
      this.stopSignal = signal;
    });
    try {
      this.session.watchForStop();
      await this.begin();
      await this.doAll(this.input.filter(({ key }) => !this.session.state.done.has(key)));
    } catch (error) {
      this.fatal ??= error;
    } finally {
      if (this.stopSignal) this.session.endAs(this.stopSignal.reason, { signal: this.stopSignal.signal });
      else if (this.fatal !== undefined) this.session.endAs("error");
      await this.session.close();
      unwatch();
    }
    if (this.fatal !== undefined) throw this.fatal;
    // As it would have ended the script without us, which is told so by its shell.
    if (this.stopSignal) await this.stopSignal.passOn();
    if (this.session.stopping && this.left > 0) throw stoppedError(this.place.job, this.left);
  }

  /** For each item, in the order of the input. */
  outcomes(): PromiseSettledResult<unknown>[] {
    return this.input.map(({ key }) =>
      this.failures.has(key)
        ? { status: "rejected", reason: this.failures.get(key) }
        : { status: "fulfilled", value: this.results.get(key) },
    );
  }

  private get left(): number {
    return this.input.filter(({ key }) => !this.results.has(key) && !this.failures.has(key)).length;
  }

  private get isEnding(): boolean {
    return this.fatal !== undefined || this.stopSignal !== undefined || this.session.stopping;
  }

  /** Records the input, and takes over what earlier runs did. */
  private async begin(): Promise<void> {
    const { state } = this.session;
    const before = beginning(state, this.input);
    if (before !== undefined) tell(this.place.job, before);
    await this.session.recordInput(this.input.map(({ key }) => key));
    if (state.done.size === 0) return;
    const known = new Map<ItemKey, { result: unknown; hash: string | undefined }>();
    for await (const { item, result, hash } of readResults(this.place.checkpoint))
      known.set(item, { result, hash });
    const changed: ItemKey[] = [];
    for (const item of this.input) {
      const done = known.get(item.key);
      if (!done) continue;
      this.results.set(item.key, done.result);
      if (done.hash !== undefined && done.hash !== hashOf(item.item)) changed.push(item.key);
    }
    if (changed.length > 0) tell(this.place.job, keptOver(changed, this.place.checkpoint));
  }

  private async doAll(items: readonly MapItem[]): Promise<void> {
    const { limit, concurrency = defaultMapConcurrency } = this.options;
    if (limit) {
      await Promise.all(items.map((item) => limit(() => this.attempt(item))));
      return;
    }
    const queue = items.values();
    const work = async () => {
      for (const item of queue) await this.attempt(item);
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work));
  }

  /** One item: never rejects. */
  private async attempt({ key, item }: MapItem): Promise<void> {
    if (this.isEnding) return;
    const beganMs = performance.now();
    try {
      await this.session.start(key);
      await this.keep(key, await this.fn(item), { ms: performance.now() - beganMs, hash: hashOf(item) });
    } catch (error) {
      await this.fail(key, error, performance.now() - beganMs);
    }
  }

  private async keep(
    key: ItemKey,
    result: unknown,
    { ms, hash }: { ms: number; hash: string | undefined },
  ): Promise<void> {
    try {
      await this.session.finish(key, result, { ms, ...(hash !== undefined && { hash }) });
    } catch (error) {
      if (error instanceof AgentJobsError) throw error;
      // No JSON, or too large: the item's own fault, and no other's.
      throw new AgentJobsError("AJ_RESULT", messageOf(error), { cause: error });
    }
    // As a resume gives it back: a date that became a string must not wait for a crash to be noticed.
    this.results.set(key, result === undefined ? undefined : JSON.parse(JSON.stringify(result)));
  }

  private async fail(key: ItemKey, error: unknown, ms: number): Promise<void> {
    try {
      if (isFatal(error)) throw error;
      await this.session.fail(key, error, { cause: causeIn(error), ms });
      this.failures.set(key, error);
    } catch (fatal) {
      this.fatal ??= fatal;
    }
  }
}

/** @throws JobDefinitionError AJ_PARAMS */
function refuseChange(state: JobState, params: unknown, { job, checkpoint }: LoopPlace): void {
  const { params: changes } = jobChanges(state, { definition: { params } as never, sources: {} });
  if (changes.length === 0 || state.done.size === 0) return;
  const names = changes.flatMap(({ name }) => (name === "" ? [] : [safeText(name)]));
  const which = names.length > 0 ? ` (${names.join(", ")})` : "";
  throw new JobDefinitionError(
    `The params of ${safeText(job)} differ from those that its results were made with${which}, so ${items(state.done.size)} done would be of another job than the rest. ` +
      `Give the job another name, clear ${checkpoint}, or go on with \`changed: "keep"\`.`,
    { code: "AJ_PARAMS" },
  );
}

/** What a person should know before the first item begins; undefined where nothing was done or begun before. */
function beginning(state: JobState, input: readonly MapItem[]): string | undefined {
  const present = new Set(input.map(({ key }) => key));
  const done = input.filter(({ key }) => state.done.has(key)).length;
  let failed = 0;
  let inDoubt = 0;
  for (const [key, { phase }] of state.open)
    if (present.has(key) && !isGone(state, key)) phase === "failed" ? failed++ : inDoubt++;
  const again = [
    ...(inDoubt > 0 ? [`${inDoubt} in doubt`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join(" and ");
  if (done === 0 && again === "") return undefined;
  return `${done} of ${input.length} done before${again === "" ? "" : `; ${again} before, tried again`}.`;
}

function keptOver(changed: readonly ItemKey[], checkpoint: string): string {
  const shown = changed.slice(0, 3).map((key) => safeText(idText(key)));
  return `${items(changed.length)} had another input when done (${shown.join(", ")}${changed.length > 3 ? ", …" : ""}); the results are kept. Clear ${checkpoint} to do all anew.`;
}

const items = (count: number): string => (count === 1 ? "1 item" : `${count} items`);

function tell(job: string, message: string): void {
  process.stderr.write(`agent-jobs: ${safeText(job)}: ${message}\n`);
}

function failedError(
  failures: ReadonlyMap<ItemKey, unknown>,
  outcomes: readonly PromiseSettledResult<unknown>[],
): ItemsFailedError {
  const [key, error] = [...failures][0]!;
  return new ItemsFailedError(
    `${items(failures.size)} of ${outcomes.length} failed, the others are done; the first, ${safeText(idText(key))}: ${safeText(messageOf(error))}. Run it again to try them again.`,
    {
      failures: new Map([...failures].map(([failed, reason]) => [idValue(failed), reason])),
      results: outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : undefined)),
    },
    { cause: error },
  );
}

/** Ends the script with the code for "stopped in order" where nobody catches it. */
function stoppedError(job: string, left: number): StoppedError {
  const error = new StoppedError(
    `${safeText(job)} was asked to stop, with ${items(left)} left. Run it again to go on.`,
  );
  process.once("uncaughtExceptionMonitor", (uncaught) => {
    if (uncaught === error)
      process.once("exit", () => {
        process.exitCode = error.exitCode;
      });
  });
  return error;
}
