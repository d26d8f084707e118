import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { takeLastError } from "../../runtime/lastError.js";
import { labelText, shortText } from "../../view/text.js";
import type { Job } from "../job.js";

/** How long the process of a run that has ended may take to say why. */
const patienceMs = 2_000;

/** The end of a task's process. */
export interface TaskEnd {
  /** What it said of its failure; undefined where it said nothing. */
  message: string | undefined;
  /** Shows the terminal that it ran in. */
  showOutput(): void;
}

/** Why runs that were started as tasks failed: their terminals are never revealed, so they leave it in files. */
export class TaskErrors {
  private readonly ends = new Map<string, Promise<TaskEnd>>();
  private readonly settle = new Map<string, (end: TaskEnd) => void>();

  /** @param folder of this window, for a file a task; need not be there yet */
  constructor(private readonly folder: string) {}

  /** The file that the run of a job file with these arguments is to leave its error in. */
  async fileFor(jobFile: string, args: readonly string[]): Promise<string> {
    await mkdir(this.folder, { recursive: true });
    return this.pathOf(jobFile, args);
  }

  /** A task of a job has started. */
  began(job: Job): void {
    this.ends.set(job.id, new Promise((resolve) => this.settle.set(job.id, resolve)));
  }

  /** Its process has ended. */
  async ended(job: Job, task: vscode.Task, jobFile: string, args: readonly string[]): Promise<TaskEnd> {
    const message = await takeLastError(this.pathOf(jobFile, args));
    const end = { message, showOutput: () => terminalOf(task)?.show() };
    this.settle.get(job.id)?.(end);
    return end;
  }

  /** How the latest task of a job ended, once its process has; undefined where no task of this window ran it. */
  async of(job: Job): Promise<TaskEnd | undefined> {
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs, undefined));
    return Promise.race([this.ends.get(job.id), late]);
  }

  private pathOf(jobFile: string, args: readonly string[]): string {
    const name = createHash("sha256")
      .update([jobFile, ...args].join("\0"))
      .digest("hex")
      .slice(0, 16);
    return join(this.folder, `${name}.error`);
  }
}

const maxShownChars = 400;

/** An error as a notification has it, on one line. */
export function errorText(message: string): string {
  return labelText(shortText(message.replace(/\s*\n\s*/g, " "), maxShownChars));
}

/** VS Code names a task's terminal as the task; with a workspace file with who offers it before, and its folder behind. */
function terminalOf({ name, source, scope }: vscode.Task): vscode.Terminal | undefined {
  const { terminals } = vscode.window;
  const inFolder = typeof scope === "object" ? [`${name} (${scope.name})`] : [];
  const names = [...inFolder.flatMap((one) => [`${source}: ${one}`, one]), `${source}: ${name}`, name];
  for (const one of names) {
    const terminal = terminals.findLast((candidate) => candidate.name === one);
    if (terminal) return terminal;
  }
  return undefined;
}
