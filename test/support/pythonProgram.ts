import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { delimiter, resolve } from "node:path";
import { createInterface } from "node:readline";

/** The interpreter that tests run; another one by AGENT_JOBS_PYTHON, as in the product. */
export const python = process.env.AGENT_JOBS_PYTHON ?? (process.platform === "win32" ? "python" : "python3");

export const hasPython = (): boolean => spawnSync(python, ["--version"], { stdio: "ignore" }).status === 0;

/** An environment in which Python finds our helper as it is in the source. */
export function pythonEnv(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const path = [resolve("src/python"), process.env.PYTHONPATH].filter(Boolean).join(delimiter);
  return { ...process.env, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: "1", ...more };
}

/** A Python program that answers each line of its standard input with one of its standard output, in JSON. */
export class PythonProgram {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly ended: Promise<unknown>;

  constructor(args: readonly string[]) {
    this.child = spawn(python, args, { stdio: ["pipe", "pipe", "inherit"], env: pythonEnv() });
    this.ended = once(this.child, "close");
    this.child.stdin!.on("error", () => {}); // it may have ended
    this.lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The next that it says. */
  async next<T>(): Promise<T> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error("It ended instead of an answer.");
    return JSON.parse(value) as T;
  }

  ask<T>(message: unknown): Promise<T> {
    this.child.stdin!.write(`${JSON.stringify(message)}\n`);
    return this.next();
  }

  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.child.kill(signal);
    await this.ended;
  }
}
