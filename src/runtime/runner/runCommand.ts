import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { defaultStopGraceMs, maxTimerMs, stopPollIntervalMs } from "../config.js";
import { AgentJobsError } from "../errors.js";
import { encodeRecord, type RunEndReason, type WritableRecord } from "../format/record.js";
import { latestRun } from "../state/jobState.js";
import { lossRecord } from "../state/lostRun.js";
import { AppendFile } from "../store/appendFile.js";
import { ChildRegister, orphansOf } from "../store/children.js";
import { CheckpointFollower, eventsPathOf } from "../store/follow.js";
import { Lock, lockTokenVariable } from "../store/lock.js";
import { prepareFolder } from "../store/prepareFolder.js";
import { sniffCheckpoint } from "../store/sniff.js";
import { clearStopRequest, isStopRequested } from "../store/stopRequest.js";
import { noteCheckpointPlace } from "./elsewhere.js";
import type { LoadedJobFile } from "./loadJob.js";
import { ProgramGroup } from "./programGroup.js";
import type { RunControl } from "./runControl.js";
import { type ProgramCall, resolveProgram } from "./workerCommand.js";

export interface CommandOutcome {
  reason: RunEndReason;
  /** The signal by which the run was told to stop. */
  signal?: string;
  /** The program's own; null where a signal ended it. */
  exitCode: number | null;
  programSignal?: NodeJS.Signals;
}

/**
 * Runs a program that writes its checkpoint itself. The run holds the job's lock meanwhile, so that nobody starts a
 * second one, and hands its token on. A stop is passed on as SIGTERM. The run goes on until all that the program
 * started in its process group is gone, since any of it may write.
 * @throws JobHeldError AJ_HELD; AgentJobsError AJ_WORKER where the program cannot be started
 */
export async function runCommand(
  job: LoadedJobFile,
  control: RunControl,
  options: { takeOver?: boolean | string; onBegun?: (token: string) => void } = {},
): Promise<CommandOutcome> {
  const call = resolveProgram(job, job.definition.command!);
  // The lock lies beside the checkpoint, whose folder the program might only make later.
  await prepareFolder(job.checkpoint);
  const lock = await Lock.acquire(job.checkpoint, options);
  try {
    await noteCheckpointPlace(job);
    const [orphan] = await orphansOf(job.checkpoint, true);
    if (orphan !== undefined)
      throw new AgentJobsError(
        "AJ_HELD",
        `Cannot run ${job.name}: pid ${orphan}, the program of an earlier run that was killed, still works on it. Nothing was begun. Wait for it or end it, then run again.`,
      );
    const events = await RunEvents.open(job, lock);
    try {
      const outcome = await launch(job, call, control, lock.token, options.onBegun);
      await events.end(outcome.reason, outcome.signal);
      return outcome;
    } catch (error) {
      await events.end("error");
      throw error;
    } finally {
      await events.close();
      await clearStopRequest(job.checkpoint);
    }
  } finally {
    await lock.release();
  }
}

async function launch(
  job: LoadedJobFile,
  call: ProgramCall,
  control: RunControl,
  token: string,
  onBegun: (token: string) => void = () => {},
): Promise<CommandOutcome> {
  const program = new ProgramGroup(call, {
    [lockTokenVariable]: token,
    // For a program that knows of us: whose checkpoint it is to write, and where it is. What it launches itself is not
    // this process's child, and keeps its own.
    AGENT_JOBS_RUN_PID: String(process.pid),
    AGENT_JOBS_JOB: job.name,
    AGENT_JOBS_CHECKPOINT: job.checkpoint,
  });
  const children = new ChildRegister(job.checkpoint);
  const { pid } = program;
  if (pid !== undefined) {
    await children.add(pid);
    onBegun(token);
  }
  const watch = setInterval(() => {
    void isStopRequested(job.checkpoint, token).then(
      (asked) => asked && control.stop("stopped"),
      () => {},
    );
  }, stopPollIntervalMs);
  const abort = () => program.kill("SIGKILL");
  let grace: NodeJS.Timeout | undefined;
  // It may finish what it has in hand; who will not wait that long asks a second time.
  const stop = () => {
    program.kill("SIGTERM");
    const { stopGraceMs = defaultStopGraceMs } = job.definition;
    grace ??= setTimeout(abort, Math.min(stopGraceMs, maxTimerMs));
  };
  control.onStop(stop);
  control.signal.addEventListener("abort", abort, { once: true });
  // Asked while the lock was being taken, and so by nobody's listener.
  if (control.stopping) stop();
  if (control.signal.aborted) abort();
  try {
    const { exitCode, signal: programSignal } = await program.ended;
    await program.leftGone(() => control.stopping !== undefined);
    if (pid !== undefined) await children.remove(pid);
    const reason = control.stopping?.reason ?? (exitCode === 0 ? "finished" : "error");
    const signal = control.stopping?.signal;
    return {
      ...{ reason, exitCode },
      ...(signal !== undefined && { signal }),
      ...(programSignal !== null && { programSignal }),
    };
  } finally {
    clearInterval(watch);
    clearTimeout(grace);
    control.signal.removeEventListener("abort", abort);
  }
}

/** The run's beginning and end, beside a foreign checkpoint; one of our own format holds them itself. */
class RunEvents {
  private constructor(
    private readonly checkpoint: string,
    private readonly file: AppendFile | undefined,
    private readonly run: number,
  ) {}

  static async open(job: LoadedJobFile, lock: Lock): Promise<RunEvents> {
    const follower = new CheckpointFollower(job.checkpoint);
    await follower.refresh();
    const run = (latestRun(follower.state)?.run ?? 0) + 1;
    if (follower.summary().format === "agent-jobs") return new RunEvents(job.checkpoint, undefined, run);
    const events = new RunEvents(job.checkpoint, await AppendFile.open(eventsPathOf(job.checkpoint)), run);
    const start = { run, pid: process.pid, host: hostname(), token: lock.token };
    await events.write({ type: "run-started", atMs: Date.now(), ...start });
    const lost = lossRecord(follower.state, lock.lost, Date.now());
    if (lost) await events.write(lost);
    return events;
  }

  async end(reason: RunEndReason, signal?: string): Promise<void> {
    if (!this.file) return;
    // A program that writes our own format has said all of this itself.
    if ((await sniffCheckpoint(this.checkpoint)) === "agent-jobs") return rm(this.file.path, { force: true });
    await this.write({
      type: "run-ended",
      atMs: Date.now(),
      run: this.run,
      reason,
      ...(signal !== undefined && { signal }),
    });
  }

  async close(): Promise<void> {
    await this.file?.close();
  }

  private async write(record: WritableRecord): Promise<void> {
    await this.file?.append(encodeRecord(record), "synced");
  }
}
