import * as vscode from "vscode";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import type { Log } from "../log.js";
import { stoppedEarly } from "./exitCodes.js";
import { jobOfTask } from "./jobTask.js";
import { endOverdue } from "./overdueTasks.js";
import { lives } from "./processes.js";
import type { Reconnections } from "./reconnections.js";

/** How often a launch that came to nothing is tried. */
const maxTries = 3;
/** How long VS Code may take to create a process. */
const patienceMs = 10_000;
const lookMs = 250;

/**
 * Launches tasks of jobs. Once, after a reload of the window, VS Code may give the terminal of a task's ended process,
 * or of one that it starts itself, to the task that a person starts: their process is then never created, or ended
 * before it began. What came to nothing is launched again; whatever did begin holds its job, and is left alone.
 */
export class Launches {
  private readonly pending = new Set<string>();

  constructor(
    private readonly catalog: JobCatalog,
    private readonly reconnections: Reconnections,
    private readonly log: Log,
  ) {}

  /** Whether a person's launch of this job is still to become a run. */
  isPending(job: Job): boolean {
    return this.pending.has(job.id);
  }

  /** Resolves when the task is executed; where VS Code may find an older one instead, when its run has begun. */
  async launch(job: Job, task: vscode.Task): Promise<void> {
    if (!this.reconnections.mayConfuse(task)) {
      await vscode.tasks.executeTask(task);
      return;
    }
    this.pending.add(job.id);
    try {
      for (let tries = 1; !(await this.begins(job, task)); tries++) {
        if (tries === maxTries)
          throw new Error(vscode.l10n.t("VS Code did not start a process for it. Resume it once more."));
        this.log.info(`${job.name}: VS Code took an ended process for the one to start: once more.`);
        await endOverdue((other) => jobOfTask(this.catalog, other)?.id === job.id);
        job.starting = true;
        this.catalog.announce(job);
      }
      this.reconnections.settle(task);
    } finally {
      this.pending.delete(job.id);
    }
  }

  /** Executes a task; whether it becomes a process that begins a run, or says itself why it does not. */
  private async begins(job: Job, task: vscode.Task): Promise<boolean> {
    const tokenBefore = job.latestToken;
    const isOfJob = (execution: vscode.TaskExecution) =>
      jobOfTask(this.catalog, execution.task)?.id === job.id;
    const hasBegun = () => job.holder !== null || job.latestToken !== tokenBefore;
    const pids = new Set<number>();
    const anyLives = () => [...pids].some(lives);
    let sawAlive = false;
    let spoke = false;
    let settle: () => void;
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const listeners = vscode.Disposable.from(
      this.catalog.onDidChangeJob((changed) => {
        if (changed.id === job.id && hasBegun()) settle();
      }),
      vscode.tasks.onDidStartTaskProcess(({ execution, processId }) => {
        if (!isOfJob(execution)) return;
        pids.add(processId);
        sawAlive ||= lives(processId);
      }),
      vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
        // What VS Code starts itself ends with this code, and of a process that was dead before nothing is learned.
        if (isOfJob(execution)) spoke ||= sawAlive && exitCode !== undefined && exitCode !== stoppedEarly;
      }),
    );
    const sinceMs = performance.now();
    const look = setInterval(() => {
      const isLate = performance.now() - sinceMs > patienceMs;
      if (pids.size > 0 ? !anyLives() : isLate) settle();
    }, lookMs);
    try {
      // VS Code may never say that it has executed what it gave an ended terminal to.
      await Promise.race([vscode.tasks.executeTask(task).then(() => settled), settled]);
    } finally {
      clearInterval(look);
      listeners.dispose();
    }
    await this.catalog.refreshJob(job);
    return spoke || hasBegun();
  }
}
