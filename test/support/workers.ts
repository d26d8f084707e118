import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { keyOf } from "../../src/runtime/format/itemId.js";
import type { ItemContext } from "../../src/runtime/runner/defineJob.js";
import { ItemLog, logPathOf } from "../../src/runtime/runner/itemLog.js";
import { WorkerPool, type WorkerTimes } from "../../src/runtime/runner/workerPool.js";
import { TestJob } from "./jobs.js";
import { python } from "./terminal.js";

/** Reads what the protocol sends and answers; the tests' workers begin with it. */
const prelude = `
import json, os, signal, subprocess, sys, time
def answer(**reply): print(json.dumps(reply), flush=True)
def touch(name): open(name, "w").close()
def await_file(name):
    while not os.path.exists(name): time.sleep(0.005)
hello = json.loads(sys.stdin.readline())
assert hello["type"] == "hello" and hello["protocol"] == 1, hello
messages = (json.loads(line) for line in iter(sys.stdin.readline, ""))
`;

export type Outcome = { result: unknown } | { cause: string | undefined; message: string; error: unknown };

/** A pool of real workers, driven as the run loop drives it. */
export class PoolTest {
  readonly job = new TestJob();
  readonly usages: unknown[] = [];
  private pool: WorkerPool | undefined;

  path(name: string): string {
    return join(this.job.folder, name);
  }

  /** A pool of Python workers of these lines. */
  python(lines: string, definition: object = {}, times: Partial<WorkerTimes> = {}): WorkerPool {
    assert.ok(python);
    writeFileSync(this.path("w.py"), prelude + lines);
    return this.start({ worker: [python, "w.py"], ...definition }, times);
  }

  /** A pool of shell workers of this script. */
  shell(script: string, definition: object = {}, times: Partial<WorkerTimes> = {}): WorkerPool {
    writeFileSync(this.path("w.sh"), script);
    return this.start({ worker: ["sh", "w.sh"], ...definition }, times);
  }

  start(definition: object, times: Partial<WorkerTimes> = {}): WorkerPool {
    const job = this.job.loaded({ items: [], ...definition });
    mkdirSync(dirname(job.checkpoint), { recursive: true });
    this.pool = new WorkerPool(job, new ItemLog(logPathOf(job.checkpoint)), times);
    return this.pool;
  }

  /** Has an item done; rejections come as data. `signal` is that of the attempt. */
  async run(
    id: string | number,
    options: { item?: unknown; attempt?: number; signal?: AbortSignal } = {},
  ): Promise<Outcome> {
    const { item = id, attempt = 1, signal = new AbortController().signal } = options;
    const context = { signal, attempt, usage: (reply: unknown) => this.usages.push(reply) };
    try {
      return { result: await this.pool!.run({ key: keyOf(id), item }, context as unknown as ItemContext) };
    } catch (error) {
      const { failureCause, message } = error as { failureCause?: string; message: string };
      return { cause: failureCause, message, error };
    }
  }

  get log(): string {
    const path = logPathOf(this.job.checkpoint);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** The log's lines without their time. */
  get logLines(): string[] {
    return this.log
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(line.indexOf(" ") + 1));
  }

  async close(atOnce = false): Promise<void> {
    await this.pool?.close(atOnce);
  }

  async remove(): Promise<void> {
    await this.close(true);
    this.job.remove();
  }
}

/** The cause and message of an item that failed. */
export function failed(outcome: Outcome): { cause: string | undefined; message: string; error: unknown } {
  assert.ok("message" in outcome, `Expected a failure, got ${JSON.stringify(outcome)}`);
  return outcome;
}

/** The signal of an attempt, and what the run loop does to it when its time is up or all ends at once. */
export function attempt(): { signal: AbortSignal; timeOut(): void; abort(): void } {
  const controller = new AbortController();
  const with_ = (name: string) => () => controller.abort(new DOMException("It was aborted.", name));
  return { signal: controller.signal, timeOut: with_("TimeoutError"), abort: with_("AbortError") };
}
