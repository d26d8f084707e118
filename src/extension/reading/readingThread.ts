import { Worker } from "node:worker_threads";
import type { FirstReading } from "../../runtime/store/firstReading.js";
import type { ReadingAnswer, ReadingRequest } from "./protocol.js";

/** What takes no longer to read than it takes to hand over is read where it is needed. */
const longBytes = 512 * 1024;
/** The thread ends when it had nothing to do for so long. */
const idleMs = 10_000;

interface Waiting {
  path: string;
  sizeBytes: number;
  resolve: (reading: FirstReading | undefined) => void;
}

/**
 * Has long checkpoints read by a thread of their own, the shortest first: parsing a gigabyte leaves so much garbage that the extension
 * host would stop, again and again, to collect it. Where there can be no thread, everybody reads for themselves.
 */
export class ReadingThread {
  private readonly waiting: Waiting[] = [];
  private current: (Waiting & { id: number }) | undefined;
  private worker: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;
  private lastId = 0;
  private isBroken = false;

  /**
   * @param program the thread's file
   * @param onBroken told why there is no thread, once
   */
  constructor(
    private readonly program: string,
    private readonly onBroken: (error: Error) => void,
  ) {}

  /** See `FollowOptions.readFirst`. */
  readonly read = (path: string, sizeBytes: number): Promise<FirstReading | undefined> => {
    if (this.isBroken || sizeBytes < longBytes) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.waiting.push({ path, sizeBytes, resolve });
      this.waiting.sort((a, b) => a.sizeBytes - b.sizeBytes);
      this.ask();
    });
  };

  dispose(): void {
    this.isBroken = true;
    this.end();
    this.giveUp();
  }

  private ask(): void {
    if (this.current) return;
    clearTimeout(this.idle);
    const next = this.waiting.shift();
    if (!next) {
      this.idle = setTimeout(() => this.end(), idleMs);
      this.idle.unref();
      return;
    }
    this.current = { ...next, id: ++this.lastId };
    try {
      this.worker ??= this.begin();
      this.worker.postMessage({ id: this.current.id, path: next.path } satisfies ReadingRequest);
    } catch (error) {
      this.fail(error as Error);
    }
  }

  private begin(): Worker {
    // What the editor's process was started with is not for us.
    const worker = new Worker(this.program, { name: "Agent Jobs reading", execArgv: [] });
    worker.unref();
    worker.on("message", (answer: ReadingAnswer) => this.take(answer));
    worker.on("error", (error) => this.fail(error));
    worker.on("exit", (code) => {
      if (this.worker === worker) this.fail(new Error(`The thread ended with ${code}.`));
    });
    return worker;
  }

  private take({ id, reading }: ReadingAnswer): void {
    const { current } = this;
    if (current?.id !== id) return;
    current.resolve(reading);
    this.current = undefined;
    this.ask();
  }

  private fail(error: Error): void {
    if (this.isBroken) return;
    this.isBroken = true;
    this.onBroken(error);
    this.end();
    this.giveUp();
  }

  private giveUp(): void {
    for (const { resolve } of [...(this.current ? [this.current] : []), ...this.waiting.splice(0)])
      resolve(undefined);
    this.current = undefined;
  }

  private end(): void {
    clearTimeout(this.idle);
    const { worker } = this;
    this.worker = undefined;
    void worker?.terminate();
  }
}
