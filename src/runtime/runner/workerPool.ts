import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { defaultWorkers, workerGraceMs } from "../config.js";
import { AgentJobsError, messageOf } from "../errors.js";
import { type ItemKey, idText, keyOf } from "../format/itemId.js";
import { parseWithNumberSources } from "../format/json.js";
import { LineSplitter } from "../format/lines.js";
import { ChildRegister } from "../store/children.js";
import type { ItemContext } from "./defineJob.js";
import { stringifyExactly } from "./exactJson.js";
import type { ItemLog } from "./itemLog.js";
import type { ItemRunner } from "./itemRunner.js";
import type { LoadedJobFile } from "./loadJob.js";
import { type ProgramCall, resolveProgram } from "./workerCommand.js";

/** A worker that ends this often in a row without answering anything will never answer. */
const maxFruitlessStarts = 3;

/** An item that failed in a worker, with the cause that the worker, or its end, gave. */
export class WorkerItemError extends Error {
  override readonly name = "WorkerItemError";
  constructor(
    message: string,
    readonly failureCause: string,
  ) {
    super(message);
  }
}

interface Pending {
  context: ItemContext;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** Shares items among worker processes that speak the worker protocol: one JSON a line on stdin and stdout. */
export class WorkerPool implements ItemRunner {
  private readonly program: ProgramCall;
  private readonly workers: Worker[] = [];
  private fruitless = 0;
  private closing = false;
  private readonly children: ChildRegister;

  constructor(
    private readonly job: LoadedJobFile,
    private readonly log: ItemLog,
  ) {
    this.program = resolveProgram(job, job.definition.worker!);
    this.children = new ChildRegister(job.checkpoint);
  }

  async run({ key, item }: { key: ItemKey; item: unknown }, context: ItemContext): Promise<unknown> {
    return this.pick().ask(key, item, context);
  }

  async close(atOnce: boolean): Promise<void> {
    this.closing = true;
    await Promise.all(this.workers.map((worker) => worker.close(atOnce)));
  }

  /** The worker with the fewest items, started where there are fewer than the job asks for. */
  private pick(): Worker {
    for (const worker of [...this.workers])
      if (worker.ended) this.workers.splice(this.workers.indexOf(worker), 1);
    const idle = this.workers.find((worker) => worker.pending.size === 0);
    if (idle) return idle;
    if (this.workers.length < (this.job.definition.workers ?? defaultWorkers)) {
      if (this.fruitless >= maxFruitlessStarts)
        throw new AgentJobsError(
          "AJ_WORKER",
          `The worker \`${this.job.definition.worker!.join(" ")}\` ended ${this.fruitless} times in a row without an answer. What is done is kept. Read its output in ${this.log.path}, mend it, then run again.`,
        );
      const worker = new Worker(this.program, this.job.name, this.log, this.children, {
        onReply: () => {
          this.fruitless = 0;
        },
        onEnd: (answered) => {
          if (!answered && !this.closing) this.fruitless++;
        },
      });
      this.workers.push(worker);
      return worker;
    }
    return this.workers.reduce((least, worker) =>
      worker.pending.size < least.pending.size ? worker : least,
    );
  }
}

class Worker {
  readonly pending = new Map<ItemKey, Pending>();
  /** Answered, and not handed on yet. */
  private readonly leaving = new Set<ItemKey>();
  ended = false;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly exit: Promise<unknown>;
  /** Resolves once a later run would find it, should this one be killed. */
  private readonly noted: Promise<void>;
  private answered = false;

  constructor(
    private readonly program: ProgramCall,
    job: string,
    private readonly log: ItemLog,
    children: ChildRegister,
    private readonly hooks: { onReply: () => void; onEnd: (answered: boolean) => void },
  ) {
    const { file, args, cwd, env } = program;
    // A group of its own: Ctrl-C in the terminal is for the run, which lets its items finish.
    this.child = spawn(file, args, { cwd, env, detached: process.platform !== "win32", windowsHide: true });
    this.exit = once(this.child, "close").catch(() => {});
    this.child.on("error", (error) => this.end(`could not be started: ${messageOf(error)}`, error));
    // What it started itself may keep its output open; then `close` would never come.
    this.child.on("exit", () => this.kill("SIGKILL"));
    this.child.on("close", (code, signal) =>
      this.end(signal ? `was ended by ${signal}` : `ended with exit code ${code}`),
    );
    const { pid } = this.child;
    this.noted = pid === undefined ? Promise.resolve() : children.add(pid).catch(() => {}); // a full disk fails its items later
    if (pid !== undefined) void this.exit.then(() => children.remove(pid)).catch(() => {});
    this.child.stdin.on("error", () => {}); // its end says more
    this.readLines(this.child.stdout, (line) => this.take(line));
    this.readLines(this.child.stderr, (line) => this.log.write(this.itemInHand(), line));
    this.send(JSON.stringify({ type: "hello", protocol: 1, job }));
  }

  ask(key: ItemKey, item: unknown, context: ItemContext): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const line = `{"id":${key},"item":${stringifyExactly(item)},"attempt":${context.attempt}}`;
      this.pending.set(key, { context, resolve, reject });
      // Not before a later run would find it: else a kill right now could have the item paid for twice.
      void this.noted.then(() => this.pending.has(key) && this.send(line));
    });
  }

  /** Closes its input and waits; then SIGTERM, then SIGKILL, to the whole group. */
  async close(atOnce: boolean): Promise<void> {
    if (this.ended) return;
    this.child.stdin.end();
    const timers = atOnce
      ? [setTimeout(() => this.kill("SIGKILL"), 0)]
      : [
          setTimeout(() => this.kill("SIGTERM"), workerGraceMs),
          setTimeout(() => this.kill("SIGKILL"), 2 * workerGraceMs),
        ];
    await this.exit;
    for (const timer of timers) clearTimeout(timer);
  }

  private send(line: string): void {
    this.child.stdin.write(`${line}\n`);
  }

  private readLines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
    const splitter = new LineSplitter();
    stream.on("data", (chunk: Buffer) => {
      for (const line of splitter.push(chunk))
        if (line.bytes) take(line.bytes.toString("utf8"));
        else this.giveUp(`wrote a line of ${line.lengthBytes} bytes, which is over the limit`);
    });
    stream.on("end", () => {
      const tail = splitter.tail();
      if (tail?.bytes) take(tail.bytes.toString("utf8"));
    });
  }

  private take(line: string): void {
    const reply = parseReply(line);
    const pending = reply && this.pending.get(reply.key);
    if (!pending) return this.log.write(this.itemInHand(), line);
    const { key, error, result, usage } = reply;
    this.answered = true;
    this.hooks.onReply();
    this.pending.delete(key);
    this.leaving.add(key);
    if (usage !== undefined) pending.context.usage(usage);
    // What it wrote to stderr before the reply is the item's: both pipes are read before its lane sends another one.
    setImmediate(() => {
      this.leaving.delete(key);
      if (error) pending.reject(new WorkerItemError(error.message, error.cause));
      else pending.resolve(result);
    });
  }

  /** Whose a line is that names no item: that of the only one there is. */
  private itemInHand(): ItemKey | null {
    const [item, another] = [...this.pending.keys(), ...this.leaving];
    return item !== undefined && another === undefined ? item : null;
  }

  private end(how: string, cause?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.hooks.onEnd(this.answered);
    const message = `The worker \`${[this.program.file, ...this.program.args].join(" ")}\` ${how}.`;
    const advice = "What is done is kept. Check `worker` in the job file, then run again.";
    const error = cause ? new AgentJobsError("AJ_WORKER", `${message} ${advice}`, { cause }) : undefined;
    for (const { reject } of this.pending.values())
      reject(error ?? new WorkerItemError(message, "worker-died"));
    this.pending.clear();
  }

  /** It broke the protocol: nobody knows what its further lines would mean. */
  private giveUp(how: string): void {
    this.kill("SIGKILL");
    this.end(how);
  }

  private kill(signal: NodeJS.Signals): void {
    const { pid } = this.child;
    if (pid === undefined || this.ended) return;
    try {
      if (process.platform === "win32") this.child.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // it ended in between
    }
  }
}

interface Reply {
  key: ItemKey;
  result?: unknown;
  usage?: unknown;
  error?: { message: string; cause: string };
}

/** Undefined where the line is no reply; such a line goes to the log. */
function parseReply(line: string): Reply | undefined {
  let value: Record<string, unknown>;
  let key: ItemKey;
  try {
    const { root, of } = parseWithNumberSources(line);
    if (root === null || typeof root !== "object" || !("id" in root)) return undefined;
    value = root as Record<string, unknown>;
    key = (of.get(root)?.get("id") as ItemKey | undefined) ?? keyOf(value.id as never);
  } catch {
    return undefined;
  }
  const { result, usage, error } = value;
  // JSON-RPC's way: both members, one of them null.
  if (error === undefined || (error === null && "result" in value))
    return "result" in value ? { key, result, usage } : undefined;
  const { message, cause } = (error ?? {}) as { message?: unknown; cause?: unknown };
  const failure = {
    message:
      typeof message === "string"
        ? message
        : typeof error === "string"
          ? error
          : `no message (item ${idText(key)})`,
    cause: typeof cause === "string" && /^[a-z][a-z-]{0,40}$/.test(cause) ? cause : "other",
  };
  return { key, usage, error: failure };
}
