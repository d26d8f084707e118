import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { maxRecordBytes, workerGraceMs, workerOutputGraceMs } from "../config.js";
import { type AgentJobsError, messageOf } from "../errors.js";
import { LineSplitter } from "../format/lines.js";
import { isPassing, type ProgramCall, startError } from "./workerCommand.js";
import { LogLines } from "./workerLog.js";

/** What a worker's process tells. */
export interface WorkerProcessEvents {
  /** A whole line of its standard output. */
  onLine(bytes: Buffer): void;
  /** A line of its standard output got longer than a line may be; `head` is how it begins. */
  onTooLong(head: Buffer): void;
  /** A line of its standard error. */
  onErrorLine(bytes: Buffer): void;
  /** Its input takes more again. */
  onDrain(): void;
  /** It is gone, and all that it wrote was told. `error` where it never began. Comes after the constructor. */
  onEnd(how: string, error?: AgentJobsError): void;
}

const maxHeadBytes = 8_192;

/** The process of a worker: lines in, lines out, and its end, which comes whatever the process does. */
export class WorkerProcess {
  readonly pid: number | undefined;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  private readonly child: ChildProcessWithoutNullStreams | undefined;
  private readonly timers = new Set<NodeJS.Timeout>();
  private reason = "";
  private hasExited = false;
  private isCut = false;
  private isEnding = false;
  private isOver = false;
  private resolveEnded!: () => void;

  constructor(
    program: ProgramCall,
    private readonly events: WorkerProcessEvents,
    private readonly graceMs = workerGraceMs,
  ) {
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
    const { file, args, cwd, env } = program;
    const fail = (error: unknown) => {
      if (isPassing(error)) this.end(`could not be started: ${messageOf(error)}`);
      else this.end("could not be started", startError(program, "worker", error));
    };
    try {
      // A group of its own: Ctrl-C in the terminal is for the run, which lets its items finish.
      const detached = process.platform !== "win32";
      this.child = spawn(file, args, { cwd, env, detached, windowsHide: true });
    } catch (error) {
      queueMicrotask(() => fail(error)); // as Node does with the errors that it does not throw
      return;
    }
    const { child } = this;
    this.pid = child.pid;
    child.on("error", (error) => this.pid === undefined && fail(error));
    child.on("exit", () => this.onExit());
    child.on("close", (code, signal) =>
      this.end(`${signal ? `was ended by ${signal}` : `ended with exit code ${code}`}${this.reason}`),
    );
    child.stdin.on("drain", () => events.onDrain());
    // Where it lives on without an end of a pipe, no reply can ever come.
    child.stdin.on("error", () => this.endLater("it closed its standard input"));
    child.stdout.on("end", () => this.endLater("it closed its standard output"));
    this.readReplies(child.stdout);
    this.readLog(child.stderr);
  }

  /** Whether it is ending, by itself or by us: what it is given now would be lost. */
  get isGoing(): boolean {
    return this.isCut || this.hasExited || this.isEnding || this.isOver;
  }

  /** Whether its input takes a line now; otherwise `onDrain` says when. */
  get takesMore(): boolean {
    const stdin = this.child?.stdin;
    return stdin?.writable === true && !stdin.writableNeedDrain;
  }

  write(line: string): void {
    this.child?.stdin.write(`${line}\n`);
  }

  /** The orderly end: closes its input and waits; after the grace SIGTERM, after another one SIGKILL. */
  close(): void {
    if (this.isOver || this.isEnding) return;
    this.child?.stdin.end();
    this.after(this.graceMs, () => this.terminate("it did not end after its input was closed"));
  }

  /** SIGTERM, and after the grace SIGKILL, to the whole group. */
  terminate(why: string): void {
    if (this.isOver || this.isEnding) return;
    this.isEnding = true;
    this.reason = `: ${why}`;
    this.kill("SIGTERM");
    this.after(this.graceMs, () => this.kill("SIGKILL"));
  }

  /** SIGKILL to the whole group. */
  killNow(why?: string): void {
    if (why !== undefined && !this.isEnding) this.reason = `: ${why}`;
    this.isEnding = true;
    this.kill("SIGKILL");
  }

  private onExit(): void {
    this.hasExited = true;
    // What it started itself may keep its output open; then `close` would never come.
    this.kill("SIGKILL");
    // Something that left its group does so still.
    this.after(workerOutputGraceMs, () => {
      this.child?.stdout.destroy();
      this.child?.stderr.destroy();
    });
  }

  private endLater(why: string): void {
    this.isCut = true;
    if (!this.hasExited) this.after(this.graceMs, () => !this.hasExited && this.terminate(why));
  }

  private end(how: string, error?: AgentJobsError): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.events.onEnd(how, error);
    this.resolveEnded();
  }

  private kill(signal: NodeJS.Signals): void {
    const { child, pid } = this;
    if (!child || pid === undefined || this.isOver) return;
    try {
      if (process.platform === "win32") child.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // it ended in between
    }
  }

  private after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, ms);
    this.timers.add(timer);
  }

  private readReplies(stream: NodeJS.ReadableStream): void {
    const splitter = new LineSplitter();
    let head = Buffer.alloc(0);
    let isBroken = false;
    stream.on("data", (chunk: Buffer) => {
      if (isBroken) return;
      for (const { bytes } of splitter.push(chunk)) {
        if (bytes) this.events.onLine(bytes);
        else isBroken = true;
        if (isBroken) break;
      }
      const { tailBytes } = splitter;
      // It begins in this chunk: what is held of it is dropped once it is too long.
      if (!isBroken && tailBytes > 0 && tailBytes <= chunk.length)
        head = Buffer.from(chunk.subarray(-tailBytes).subarray(0, maxHeadBytes));
      isBroken ||= tailBytes > maxRecordBytes;
      if (isBroken) this.events.onTooLong(head);
    });
    stream.on("end", () => {
      const bytes = isBroken ? undefined : splitter.tail()?.bytes;
      if (bytes) this.events.onLine(bytes);
    });
  }

  private readLog(stream: NodeJS.ReadableStream): void {
    const lines = new LogLines();
    stream.on("data", (chunk: Buffer) => {
      for (const line of lines.push(chunk)) this.events.onErrorLine(line);
    });
    stream.on("close", () => {
      for (const line of lines.end()) this.events.onErrorLine(line);
    });
  }
}
