import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A program beside a test's bundle (`NAME.main.ts`), spoken to over IPC. */
export class TestProgram {
  private readonly child: ChildProcess;
  private readonly said: unknown[] = [];
  private waiting: ((message: unknown) => void) | undefined;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(folder: string, name: string, args: readonly string[] = []) {
    this.child = fork(join(folder, `${name}.main.js`), args, {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.ended = once(this.child, "exit").then(([code, signal]) => ({ code, signal }));
    this.child.on("message", (message) => {
      const { waiting } = this;
      this.waiting = undefined;
      if (waiting) waiting(message);
      else this.said.push(message);
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The next message that it sends. */
  next<T>(): Promise<T> {
    if (this.said.length > 0) return Promise.resolve(this.said.shift() as T);
    return new Promise((resolve, reject) => {
      this.waiting = resolve as (message: unknown) => void;
      void this.ended.then(({ code, signal }) =>
        reject(new Error(`It ended with ${signal ?? code} instead.`)),
      );
    });
  }

  ask<T>(message: unknown): Promise<T> {
    this.child.send(message as object);
    return this.next();
  }

  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.child.kill(signal);
    await this.ended;
  }
}
