import { maxRecordBytes } from "../config.js";
import type { AgentJobsError } from "../errors.js";
import { type ItemKey, idText } from "../format/itemId.js";
import type { ChildRegister } from "../store/children.js";
import type { ItemContext } from "./defineJob.js";
import { stringifyExactly } from "./exactJson.js";
import type { ProgramCall } from "./workerCommand.js";
import { LastLines, type WorkerLog } from "./workerLog.js";
import { WorkerProcess } from "./workerProcess.js";
import { keyAtStart, type Reply, readWorkerLine } from "./workerReply.js";

/**
 * An item that failed in a worker, with the cause that the worker, its end, or the item's time limit gave. Its stack is
 * the worker's, where it told one: ours says nothing of the failure.
 */
export class WorkerItemError extends Error {
  override readonly name = "WorkerItemError";
  constructor(
    message: string,
    readonly failureCause: string,
    stack?: string,
  ) {
    super(message);
    if (stack === undefined) delete this.stack;
    else this.stack = stack;
  }
}

/** How a worker ended. */
export interface WorkerEnd {
  /** Whether it had ever given a usable reply. */
  answered: boolean;
  /** Whether we ended it, since an item's time was up. */
  wasEnded: boolean;
  /** A sentence, with the last lines that it wrote on its standard error. */
  message: string;
  /** Where it could not be started at all, and never will be. */
  error?: AgentJobsError;
}

interface Request {
  key: ItemKey;
  item: unknown;
  context: ItemContext;
  isSent: boolean;
  /** Settles the promise, once. */
  settle: (end: { result: unknown } | { error: unknown }) => void;
}

export interface WorkerParts {
  program: ProgramCall;
  hello: object;
  log: WorkerLog;
  children: ChildRegister;
  graceMs: number;
  onAnswer: () => void;
  /** It takes items again, or takes no more. */
  onChange: () => void;
  onEnd: (end: WorkerEnd) => void;
}

/** The error of an attempt that was given up: `timeout` where its time was up, else what it was aborted with. */
export function abortError(signal: AbortSignal): unknown {
  const reason: unknown = signal.reason;
  if ((reason as { name?: unknown } | undefined)?.name !== "TimeoutError") return reason;
  return new WorkerItemError("The worker did not answer before the item's time was up.", "timeout");
}

/** One worker process and the items that it has in hand. */
export class Worker {
  private isEnded = false;
  private readonly process: WorkerProcess;
  private readonly outstanding = new Map<ItemKey, Request>();
  private readonly unsent = new Set<Request>();
  /** Sent, given up since, and not answered: the worker cannot be told to drop them. */
  private readonly abandoned = new Set<ItemKey>();
  private readonly lastLines = new LastLines();
  /** Resolves once a later run would find it, should this one be killed. */
  private readonly noted: Promise<void>;
  private isNoted = false;
  /** The item answered last, until all is read that was written before its reply; null where there were several. */
  private answering: ItemKey | null | undefined;
  private answered = false;
  private wasEnded = false;
  private grace: NodeJS.Timeout | undefined;

  constructor(private readonly parts: WorkerParts) {
    const { program, children, graceMs } = parts;
    this.process = new WorkerProcess(
      program,
      {
        onLine: (bytes) => this.takeLine(bytes),
        onTooLong: (head) => this.takeTooLong(head),
        onErrorLine: (bytes) => {
          this.lastLines.take(bytes);
          parts.log.take(this.soleItem(), bytes);
        },
        onDrain: () => this.send(),
        onEnd: (how, error) => this.end(how, error),
      },
      graceMs,
    );
    const { pid, ended } = this.process;
    this.noted = pid === undefined ? Promise.resolve() : children.add(pid).catch(() => {}); // a full disk fails its items later
    void this.noted.then(() => {
      this.isNoted = true;
      this.send();
    });
    if (pid !== undefined) void ended.then(() => children.remove(pid)).catch(() => {});
    this.process.write(JSON.stringify(parts.hello));
  }

  /** How many items it has in hand. */
  get load(): number {
    return this.outstanding.size;
  }

  /** Whether it may be given an item. One that does not answer gets none: they would be lost with it. */
  get takesItems(): boolean {
    return !this.process.isGoing && this.abandoned.size === 0;
  }

  /** Gives it an item. @throws WorkerItemError, or what `context.signal` was aborted with */
  ask(key: ItemKey, item: unknown, context: ItemContext): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { signal } = context;
      const onAbort = () => this.abandon(request);
      const request: Request = {
        ...{ key, item, context, isSent: false },
        settle: (end) => {
          signal.removeEventListener("abort", onAbort);
          if (this.outstanding.get(key) === request) this.outstanding.delete(key);
          this.unsent.delete(request);
          if ("error" in end) reject(end.error);
          else resolve(end.result);
        },
      };
      this.outstanding.set(key, request);
      this.unsent.add(request);
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      this.send();
    });
  }

  /** Closes its input and waits for its end, by signals where it takes too long; `atOnce` by SIGKILL. */
  async close(atOnce: boolean): Promise<void> {
    if (atOnce) this.process.killNow();
    else this.process.close();
    await this.process.ended;
  }

  /** Writes what its input takes; the rest waits as it is, not as text. */
  private send(): void {
    // Not before a later run would find it: else a kill right now could have the item paid for twice.
    if (!this.isNoted || this.isEnded) return;
    for (const request of this.unsent) {
      if (!this.process.takesMore) return;
      const { key, item, context } = request;
      try {
        const line = `{"id":${key},"item":${stringifyExactly(item) ?? null},"attempt":${context.attempt}}`;
        if (Buffer.byteLength(line) > maxRecordBytes)
          throw new WorkerItemError(
            `The item is over ${maxRecordBytes} bytes as JSON, which is more than a line may be. Give its file's path instead.`,
            "bad-request",
          );
        request.isSent = true;
        this.unsent.delete(request);
        this.process.write(line);
      } catch (error) {
        request.settle({ error });
      }
    }
  }

  private abandon(request: Request): void {
    const { key, isSent, context } = request;
    if (this.outstanding.get(key) !== request) return;
    request.settle({ error: abortError(context.signal) });
    if (!isSent || this.isEnded) return;
    this.abandoned.add(key);
    if (this.grace === undefined) this.startGrace();
  }

  /** While it answers others it lives on for these; it is ended once nothing came for as long as the grace. */
  private startGrace(): void {
    clearTimeout(this.grace);
    this.grace = setTimeout(() => {
      const names = [...this.abandoned].slice(0, 3).map(idText).join(", ");
      this.wasEnded = true;
      this.process.terminate(`it did not answer item ${names} in time`);
    }, this.parts.graceMs);
  }

  private takeLine(bytes: Buffer): void {
    const line = readWorkerLine(bytes);
    const key = line.kind === "reply" ? line.reply.key : line.key;
    const request = key === undefined ? undefined : this.outstanding.get(key);
    if (line.kind === "other") return this.parts.log.take(request ? request.key : this.soleItem(), bytes);
    if (!request?.isSent) return this.takeStray(key!, bytes);
    if (line.kind === "reply") return this.answer(request, line.reply);
    this.parts.log.take(request.key, bytes);
    this.answer(request, {
      key: request.key,
      error: { message: `The worker's reply ${line.why}.`, cause: "bad-reply" },
    });
  }

  /** A second answer, one that comes too late, or one for an id that the worker was never given. */
  private takeStray(key: ItemKey, bytes: Buffer): void {
    const { log } = this.parts;
    const isLate = this.abandoned.delete(key);
    log.take(isLate ? key : null, bytes);
    log.take(
      isLate ? key : null,
      Buffer.from(
        isLate
          ? "(the reply above came after the item's time was up, and was not used)"
          : `(the reply above was not used: no item ${key} waits for an answer; ids are given back as they came)`,
      ),
    );
    if (isLate) this.sawAnswer();
  }

  /** The item's own fault, if its beginning tells which it is; nobody knows what further lines would mean. */
  private takeTooLong(head: Buffer): void {
    const key = keyAtStart(head.toString("utf8"));
    const request = key === undefined ? undefined : this.outstanding.get(key);
    const why = `wrote a line of more than ${maxRecordBytes} bytes`;
    request?.settle({
      error: new WorkerItemError(
        `The worker ${why}. Have it write a large result to a file and give the file's path.`,
        "bad-reply",
      ),
    });
    this.process.killNow(`it ${why}`);
  }

  private answer(request: Request, reply: Reply): void {
    this.outstanding.delete(request.key);
    this.sawAnswer();
    // What it wrote on its standard error before this reply may still have to be read, and is this item's.
    this.answering = this.answering === undefined ? request.key : null;
    // Twice: what was written before the reply to another pipe may be told of in the next turn of the event loop.
    setImmediate(() =>
      setImmediate(() => {
        this.answering = undefined;
        this.parts.log.flush();
        if (reply.usage !== undefined && reply.usage !== null) request.context.usage(reply.usage);
        const { error } = reply;
        request.settle(
          error
            ? { error: new WorkerItemError(error.message, error.cause, error.stack) }
            : { result: reply.result },
        );
      }),
    );
  }

  /** The item that a line beside the replies belongs to, where only one can be meant. */
  private soleItem(): ItemKey | null {
    if (this.answering !== undefined) return this.outstanding.size === 0 ? this.answering : null;
    if (this.outstanding.size !== 1) return null;
    const [key] = this.outstanding.keys();
    return key!;
  }

  private sawAnswer(): void {
    this.answered = true;
    this.parts.onAnswer();
    if (this.grace === undefined || this.wasEnded) return;
    if (this.abandoned.size > 0) return this.startGrace();
    clearTimeout(this.grace);
    this.grace = undefined;
    this.parts.onChange();
  }

  private end(how: string, error?: AgentJobsError): void {
    this.isEnded = true;
    clearTimeout(this.grace);
    const { program, log } = this.parts;
    log.flush();
    const last = this.lastLines.text;
    const message = error
      ? error.message
      : `The worker \`${[program.file, ...program.args].join(" ")}\` ${how}.${last && ` It last wrote: ${last}`}`;
    const { answered, wasEnded } = this;
    for (const request of [...this.outstanding.values()])
      request.settle({ error: error ?? new WorkerItemError(message, "worker-died") });
    this.parts.onEnd({ answered, wasEnded, message, ...(error && { error }) });
  }
}
