import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { releaseAtEnd } from "../host/cleanup.js";
import { python, pythonEnv } from "../support/pythonProgram.js";
import type { Change } from "./changes.js";

/** What the actor says. */
export type Said =
  | { main: number; pool: number }
  | { acknowledged: string }
  | { rejected: string; code: string; systemCode: string }
  | { threw: string }
  | { ended: true; maxRssMiB: number };

const programs = {
  node: [process.execPath, resolve("dist/test/torture/actor.main.js")],
  python: [python, resolve("test/torture/actor.py")],
};
/** Whose writer it is: the runtime's, or that of the Python helper, which only appends. */
export type Language = keyof typeof programs;

const defaultDeadlineMs = 60_000;

export interface ActorOptions {
  /** A program and its arguments that run the actor, such as strace. */
  under?: readonly string[];
  language?: Language;
  /** Wait for `go` before anything is done. */
  wait?: boolean;
  /** One thread for all calls of the file system. */
  oneThread?: boolean;
  /** Longer than this it hangs. */
  deadlineMs?: number;
  onSaid?: (said: Said) => void;
}

/** A writer in a process of its own (actor.main.ts). */
export class Actor {
  readonly acknowledged: string[] = [];
  readonly rejected: { item: string; systemCode: string }[] = [];
  threw: string | undefined;
  /** It did all it was to do. */
  completed = false;
  /** The most memory that it had, once it completed. */
  maxRssMiB = 0;
  readonly child: ChildProcess;
  /** Of its checkpoint. */
  readonly path: string;
  /** How it ended, once all that it said was read. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly threads: Promise<{ main: number; pool: number }>;

  constructor(
    mode: "append" | "flood" | Change,
    args: readonly (string | number)[],
    options: ActorOptions = {},
  ) {
    this.path = String(args[0]);
    const { under = [], wait = false, oneThread = false, deadlineMs = defaultDeadlineMs, onSaid } = options;
    const { language = "node" } = options;
    const [command, ...rest] = [...under, ...programs[language], mode, ...args.map(String)];
    this.child = spawn(command!, wait ? [...rest, "--wait"] : rest, {
      stdio: [wait ? "pipe" : "ignore", "pipe", "inherit"],
      env: pythonEnv(oneThread ? { UV_THREADPOOL_SIZE: "1" } : {}),
    });
    const release = releaseAtEnd(() => this.child.kill("SIGKILL"));
    let found: (threads: { main: number; pool: number }) => void;
    this.threads = new Promise((resolve) => (found = resolve));
    this.read((said) => {
      if ("acknowledged" in said) this.acknowledged.push(said.acknowledged);
      else if ("rejected" in said)
        this.rejected.push({ item: said.rejected, systemCode: said.systemCode || said.code });
      else if ("threw" in said) this.threw = said.threw;
      else if ("ended" in said) [this.completed, this.maxRssMiB] = [true, said.maxRssMiB];
      else found(said);
      onSaid?.(said);
    });
    this.child.stdin?.on("error", () => {}); // it may be dead before it is told to go on
    const hung = setTimeout(() => {
      this.threw = "It did not end in time.";
      this.child.kill("SIGKILL");
    }, deadlineMs);
    this.ended = once(this.child, "close").then(([code, signal]) => {
      clearTimeout(hung);
      release();
      return { code, signal };
    });
  }

  go(): void {
    this.child.stdin!.end("go\n");
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  private read(take: (said: Said) => void): void {
    let rest = "";
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) take(JSON.parse(line) as Said);
    });
  }
}

/** Runs an actor with strace attached to one of its threads from its first call on. */
export async function runTraced(
  mode: "append" | Change,
  args: readonly (string | number)[],
  thread: "main" | "pool",
  straceArgs: readonly string[],
  language: Language = "node",
): Promise<Actor> {
  const actor = new Actor(mode, args, { wait: true, oneThread: true, language });
  const threads = await Promise.race([actor.threads, actor.ended]);
  if (!("pool" in threads)) throw new Error(`The actor ended before it began: ${actor.threw}`);
  const strace = spawn("strace", [...straceArgs, "-p", String(threads[thread])], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const straceEnded = once(strace, "close");
  let told = "";
  await new Promise<void>((resolve, reject) => {
    strace.stderr.setEncoding("utf8").on("data", (text: string) => {
      told += text;
      if (told.includes("attached")) resolve();
    });
    void straceEnded.then(() => {
      actor.kill();
      reject(new Error(`strace could not attach: ${told}`));
    });
  });
  actor.go();
  await actor.ended;
  await straceEnded;
  return actor;
}

export const toFile = (folder: string, name: string): string => join(folder, "checkpoints", name);
