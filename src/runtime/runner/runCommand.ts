import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { stopPollIntervalMs } from "../config.js";
import { AgentJobsError, CheckpointWriteError, messageOf, systemCodeOf } from "../errors.js";
import { encodeRecord, type RunEndReason, type WritableRecord } from "../format/record.js";
import { latestRun } from "../state/jobState.js";
import { lossRecord } from "../state/lostRun.js";
import { AppendFile } from "../store/appendFile.js";
import { ChildRegister, orphansOf } from "../store/children.js";
import { CheckpointFollower, eventsPathOf } from "../store/follow.js";
import { Lock, lockTokenVariable } from "../store/lock.js";
import { clearStopRequest, isStopRequested } from "../store/stopRequest.js";
import type { LoadedJobFile } from "./loadJob.js";
import type { RunControl } from "./runControl.js";
import { resolveProgram } from "./workerCommand.js";

export interface CommandOutcome {
  reason: RunEndReason;
  signal?: string;
  exitCode: number | null;
}

/**
 * Runs a program that writes its checkpoint itself. The run holds the job's lock meanwhile, so that nobody starts a
 * second one, and hands its token on. A stop is passed on as SIGTERM.
 * @throws JobHeldError AJ_HELD; AgentJobsError AJ_WORKER where the program cannot be started
 */
export async function runCommand(
  job: LoadedJobFile,
  control: RunControl,
  options: { takeOver?: boolean | string; onBegun?: (token: string) => void } = {},
): Promise<CommandOutcome> {
  await makeFolder(dirname(job.checkpoint));
  const lock = await Lock.acquire(job.checkpoint, options);
  const [orphan] = await orphansOf(job.checkpoint);
  if (orphan !== undefined) {
    await lock.release();
    throw new AgentJobsError(
      "AJ_HELD",
      `Cannot run ${job.name}: pid ${orphan}, the program of an earlier run that was killed, still works on it. Nothing was begun. Wait for it or end it, then run again.`,
    );
  }
  const children = new ChildRegister(job.checkpoint);
  const events = await RunEvents.open(job, lock);
  try {
    const { file, args, cwd, env } = resolveProgram(job, job.definition.command!);
    const child = spawn(file, args, {
      cwd,
      env: { ...env, [lockTokenVariable]: lock.token },
      stdio: ["ignore", "inherit", "inherit"],
      detached: process.platform !== "win32",
    });
    const ended = once(child, "close") as Promise<[number | null]>;
    ended.catch(() => {}); // awaited below
    const kill = (signal: NodeJS.Signals) => {
      try {
        if (process.platform === "win32" || child.pid === undefined) child.kill(signal);
        else process.kill(-child.pid, signal);
      } catch {
        // it ended in between
      }
    };
    if (child.pid !== undefined) {
      await children.add(child.pid);
      options.onBegun?.(lock.token);
    }
    const watch = setInterval(() => {
      void isStopRequested(job.checkpoint, lock.token).then(
        (asked) => asked && control.stop("stopped"),
        () => {},
      );
    }, stopPollIntervalMs);
    // It may finish what it has in hand, however long that takes; who will not wait asks a second time.
    control.onStop(() => kill("SIGTERM"));
    control.signal.addEventListener("abort", () => kill("SIGKILL"), { once: true });
    try {
      const [exitCode] = await ended;
      if (child.pid !== undefined) await children.remove(child.pid);
      const reason = control.stopping?.reason ?? (exitCode === 0 ? "finished" : "error");
      const signal = control.stopping?.signal;
      await events.end(reason, signal);
      return { reason, exitCode, ...(signal !== undefined && { signal }) };
    } catch (error) {
      throw new AgentJobsError(
        "AJ_WORKER",
        `Cannot start \`${file}\`: ${messageOf(error)}. Check \`command\`.`,
        { cause: error },
      );
    } finally {
      clearInterval(watch);
    }
  } finally {
    await events.close();
    await clearStopRequest(job.checkpoint);
    await lock.release();
  }
}

/** The lock lies beside the checkpoint, whose folder the program might only make later. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const code = systemCodeOf(error) ?? "";
    throw new CheckpointWriteError(
      `Cannot create the folder ${folder}: ${messageOf(error)}. Make its parent writable, or choose another checkpoint.`,
      code,
      {
        cause: error,
      },
    );
  }
}

/** The run's beginning and end, beside a foreign checkpoint; one of our own format holds them itself. */
class RunEvents {
  private constructor(
    private readonly file: AppendFile | undefined,
    private readonly run: number,
  ) {}

  static async open(job: LoadedJobFile, lock: Lock): Promise<RunEvents> {
    const follower = new CheckpointFollower(job.checkpoint);
    await follower.refresh();
    const run = (latestRun(follower.state)?.run ?? 0) + 1;
    if (follower.summary().format === "agent-jobs") return new RunEvents(undefined, run);
    const events = new RunEvents(await AppendFile.open(eventsPathOf(job.checkpoint)), run);
    const start = { run, pid: process.pid, host: hostname(), token: lock.token };
    await events.write({ type: "run-started", atMs: Date.now(), ...start });
    const lost = lossRecord(follower.state, lock.lost, Date.now());
    if (lost) await events.write(lost);
    return events;
  }

  async end(reason: RunEndReason, signal?: string): Promise<void> {
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
