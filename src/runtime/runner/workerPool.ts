import { defaultWorkers, maxFruitlessStarts, workerGraceMs, workerRestartDelayMs } from "../config.js";
import { AgentJobsError } from "../errors.js";
import type { ItemKey } from "../format/itemId.js";
import { ChildRegister } from "../store/children.js";
import type { ItemContext } from "./defineJob.js";
import type { ItemLog } from "./itemLog.js";
import type { ItemRunner } from "./itemRunner.js";
import type { LoadedJobFile } from "./loadJob.js";
import { abortError, Worker, type WorkerEnd } from "./worker.js";
import { type ProgramCall, resolveProgram } from "./workerCommand.js";
import { WorkerLog } from "./workerLog.js";

/** Times that tests shorten; the defaults are those of `config.ts`. */
export interface WorkerTimes {
  graceMs: number;
  restartDelayMs: number;
}

/** A place for one worker after another. */
interface Place {
  worker: Worker | undefined;
  /** How many of its workers ended in a row without an answer. */
  fruitless: number;
  /** Until when nothing is started here. */
  backoff: NodeJS.Timeout | undefined;
}

/**
 * Shares items among worker processes that speak the worker protocol (examples/PROTOCOL.md): one JSON a line on
 * stdin and stdout. A worker that ends is replaced: at once where it had answered, else after a delay that doubles.
 */
export class WorkerPool implements ItemRunner {
  private readonly program: ProgramCall;
  private readonly places: Place[];
  private readonly children: ChildRegister;
  private readonly times: WorkerTimes;
  private readonly hello: object;
  /** Items that no worker can take now. */
  private readonly waiting = new Set<() => void>();
  /** Why no item can be done any more. */
  private failure: AgentJobsError | undefined;
  private isClosing = false;

  constructor(
    private readonly job: LoadedJobFile,
    private readonly log: ItemLog,
    times: Partial<WorkerTimes> = {},
  ) {
    const { worker, workers = defaultWorkers, params } = job.definition;
    this.program = resolveProgram(job, worker!);
    this.places = Array.from({ length: workers }, () => ({
      ...{ worker: undefined, fruitless: 0, backoff: undefined },
    }));
    this.children = new ChildRegister(job.checkpoint);
    this.times = { graceMs: workerGraceMs, restartDelayMs: workerRestartDelayMs, ...times };
    this.hello = { type: "hello", protocol: 1, job: job.name, ...(params !== undefined && { params }) };
  }

  async run({ key, item }: { key: ItemKey; item: unknown }, context: ItemContext): Promise<unknown> {
    for (;;) {
      if (context.signal.aborted) throw abortError(context.signal);
      if (this.failure) throw this.failure;
      if (this.isClosing) throw new AgentJobsError("AJ_CLOSED", "The workers of this run have been ended.");
      const worker = this.pick();
      if (worker) return worker.ask(key, item, context);
      await this.change(context.signal);
    }
  }

  async close(atOnce: boolean): Promise<void> {
    this.isClosing = true;
    for (const place of this.places) clearTimeout(place.backoff);
    this.wake();
    await Promise.all(this.places.map((place) => place.worker?.close(atOnce)));
  }

  /** An idle worker, else a new one where there is a place, else the one with the fewest items; undefined where all must be waited for. */
  private pick(): Worker | undefined {
    const usable = this.places.flatMap(({ worker }) => (worker?.takesItems ? [worker] : []));
    const idle = usable.find((worker) => worker.load === 0);
    if (idle) return idle;
    const free = this.places.find(
      (place) => !place.worker && place.backoff === undefined && place.fruitless < maxFruitlessStarts,
    );
    if (free) return this.start(free);
    if (usable.length === 0) return undefined;
    return usable.reduce((least, worker) => (worker.load < least.load ? worker : least));
  }

  private start(place: Place): Worker {
    const worker = new Worker({
      ...{ program: this.program, hello: this.hello, children: this.children },
      log: new WorkerLog(this.log),
      graceMs: this.times.graceMs,
      onAnswer: () => {
        place.fruitless = 0;
      },
      onChange: () => this.wake(),
      onEnd: (end) => this.onEnd(place, end),
    });
    place.worker = worker;
    return worker;
  }

  private onEnd(place: Place, end: WorkerEnd): void {
    place.worker = undefined;
    if (end.error) this.failure ??= end.error;
    if (!this.isClosing) {
      this.log.write(null, end.message);
      // One that we ended had an item whose time was up: that says nothing of the next worker.
      if (!end.answered && !end.wasEnded) this.delayNext(place, end);
    }
    this.wake();
  }

  private delayNext(place: Place, end: WorkerEnd): void {
    place.fruitless++;
    if (place.fruitless < maxFruitlessStarts) {
      const delayMs = this.times.restartDelayMs * 2 ** (place.fruitless - 1);
      place.backoff = setTimeout(() => {
        place.backoff = undefined;
        this.wake();
      }, delayMs);
      return;
    }
    const left = this.places.filter(({ fruitless }) => fruitless < maxFruitlessStarts).length;
    if (left > 0)
      this.log.write(
        null,
        `Goes on with ${left} of ${this.places.length} workers: the others end each time.`,
      );
    else
      this.failure ??= new AgentJobsError(
        "AJ_WORKER",
        `The worker \`${this.job.definition.worker!.join(" ")}\` ended ${place.fruitless} times in a row without an answer. ${end.message} What is done is kept. Read its output in ${this.log.path}, mend it, then run again.`,
      );
  }

  /** Resolves when a worker may take an item again, or none ever will. */
  private change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        this.waiting.delete(settle);
        signal.removeEventListener("abort", settle);
        resolve();
      };
      this.waiting.add(settle);
      signal.addEventListener("abort", settle, { once: true });
    });
  }

  private wake(): void {
    for (const settle of [...this.waiting]) settle();
  }
}
