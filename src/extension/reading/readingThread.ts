import { type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { FirstReading } from "../../runtime/store/firstReading.js";
import {
  isRest,
  type ReadingAnswer,
  type ReadingPart,
  type ReadingRequest,
  type ReadingRest,
} from "./protocol.js";

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
   * @param turn awaited between two parts of what it hands over
   * @param onBroken told why there is no thread, once
   */
  constructor(
    private readonly program: string,
    private readonly turn: () => Promise<void>,
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
    worker.on("message", (answer: ReadingAnswer) => void this.take(answer));
    worker.on("error", (error) => this.fail(error));
    worker.on("exit", (code) => {
      if (this.worker === worker) this.fail(new Error(`The thread ended with ${code}.`));
    });
    return worker;
  }

  private async take({ id, port }: ReadingAnswer): Promise<void> {
    const { current } = this;
    if (current?.id !== id) return port?.close();
    try {
      current.resolve(port ? await this.receive(port) : undefined);
    } catch (error) {
      return this.fail(error as Error);
    } finally {
      port?.close();
    }
    this.current = undefined;
    this.ask();
  }

  private async receive(port: MessagePort): Promise<FirstReading> {
    const parts: ReadingPart[] = [];
    for (;;) {
      await this.turn();
      const received = receiveMessageOnPort(port) as { message: ReadingPart | ReadingRest } | undefined;
      if (!received) throw new Error("The thread handed over less than all of a reading.");
      const { message } = received;
      if (!isRest(message)) {
        parts.push(message);
        continue;
      }
      const { state } = message.reading;
      for (const { map, entries } of parts) for (const [key, value] of entries) state[map].set(key, value);
      return message.reading;
    }
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
