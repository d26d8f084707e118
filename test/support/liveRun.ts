import { type ChildProcess, spawn } from "node:child_process";
import { killGroup } from "../host/processGroup.js";
import { cliPath } from "./cli.js";

export interface LiveEvent {
  event: string;
  item?: unknown;
  [member: string]: unknown;
}

export interface LiveEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

const deadlineMs = 20_000;

/** A `run --json`, or an `attach --json`, that goes on while a test watches it. It leads a process group of its own. */
export class LiveRun {
  readonly events: LiveEvent[] = [];
  readonly ended: Promise<LiveEnd>;
  private readonly child: ChildProcess;
  private readonly looks = new Set<() => void>();
  private stderr = "";
  private isOver = false;

  constructor(
    jobFile: string,
    options: {
      cwd: string;
      command?: "run" | "attach" | "try";
      args?: readonly string[];
      env?: NodeJS.ProcessEnv;
    },
  ) {
    const { command = "run" } = options;
    this.child = spawn(process.execPath, [cliPath, command, jobFile, "--json", ...(options.args ?? [])], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let rest = "";
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) if (line.startsWith("{")) this.events.push(JSON.parse(line) as LiveEvent);
      this.look();
    });
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.once("error", reject);
      this.child.once("close", (code, signal) => {
        this.isOver = true;
        this.look();
        resolve({ code, signal, stderr: this.stderr });
      });
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Items of the events of one kind so far, in order. */
  items(event: string): unknown[] {
    return this.events.filter((each) => each.event === event).map((each) => each.item);
  }

  /** Waits until so many events of a kind have come. */
  async saw(event: string, count = 1): Promise<void> {
    await this.until(`${count} ${event}`, () => this.items(event).length >= count);
  }

  private until(what: string, holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => {
        clearTimeout(timer);
        this.looks.delete(look);
        end();
      };
      const fail = (why: string) =>
        settle(() => reject(new Error(`No ${what}: ${why}. ${JSON.stringify(this.events)} ${this.stderr}`)));
      const look = () => {
        if (holds()) settle(resolve);
        else if (this.isOver) fail("the run ended");
      };
      const timer = setTimeout(() => fail("not in time"), deadlineMs);
      this.looks.add(look);
      look();
    });
  }

  /** A signal to the run alone. */
  send(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends the run's whole group, where something of it is left. */
  dispose(): void {
    killGroup(this.child.pid, "SIGKILL");
  }

  private look(): void {
    for (const look of [...this.looks]) look();
  }
}
