/** What is done once a run has ended and given its lock back: `onSuccess`, then `onFinish`. */
import { relative } from "node:path";
import { messageOf } from "../runtime/errors.js";
import type { RunEndReason } from "../runtime/format/record.js";
import type { LoadedJobFile } from "../runtime/runner/loadJob.js";
import { tellFinish } from "../runtime/runner/onFinish.js";
import { carryOutSuccess, isSuccess, type Succeeded } from "../runtime/runner/onSuccess.js";
import type { UsageTotals } from "../runtime/state/jobState.js";
import type { JobStatus } from "../runtime/state/status.js";
import { plural } from "../view/text.js";
import { exitCodeOfError } from "./exitCodes.js";
import { shellWord } from "./shellWord.js";
import { readTarget } from "./targets.js";
import { printError, printJson, printWarning } from "./terminal.js";

/** How a run ended, and how its job stands then. */
export interface RunEnd {
  reason: RunEndReason;
  detail?: string;
  exitCode: number;
  status: JobStatus;
  usage: UsageTotals;
  /** Null where the run recorded nothing of itself. */
  ms: number | null;
}

export interface After {
  exitCode: number;
  /** The checkpoint is no longer where it was. */
  isCleared: boolean;
  /** What was done, for a person; empty with `--json`, where it has been told already. */
  lines: string[];
}

/** A run in this process goes to its job's folder. */
const startFolder = process.cwd();

/** @returns the exit code, which only a failure of `onSuccess` changes */
export async function afterRun(job: LoadedJobFile, end: RunEnd, json: boolean): Promise<After> {
  const lines: string[] = [];
  let { exitCode } = end;
  let done: Succeeded = {};
  if (isSuccess(end.reason, end.status))
    try {
      done = await carryOutSuccess(job, (step) =>
        json ? printJson(stepEvent(step)) : lines.push(stepText(step, job.checkpoint)),
      );
    } catch (error) {
      printError(messageOf(error));
      exitCode = exitCodeOfError(error);
    }
  await hooks(job, { ...end, exitCode }, done.exported?.path);
  return { exitCode, isCleared: done.backup !== undefined, lines };
}

/** As `afterRun`, of a program that keeps its own checkpoint: that one tells how the job stands. */
export async function afterCommand(
  job: LoadedJobFile,
  end: Pick<RunEnd, "reason" | "exitCode">,
  json: boolean,
): Promise<After> {
  const { checkpoint, name, label } = job;
  if (job.definition.onSuccess === undefined && job.definition.onFinish === undefined)
    return { exitCode: end.exitCode, isCleared: false, lines: [] };
  const { status, state } = await readTarget({ checkpoint, jobFile: job.path, name, label });
  const run = status.lastRun?.run;
  const ms = run?.ended ? run.ended.atMs - run.startedAtMs : null;
  return afterRun(job, { ...end, status, usage: state.usage, ms }, json);
}

async function hooks(job: LoadedJobFile, end: RunEnd, exported: string | undefined): Promise<void> {
  if (job.definition.onFinish === undefined) return;
  const left = new AbortController();
  const leave = () => left.abort();
  // The run is over: whoever asks now wants to wait for nothing more.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, leave);
  const finished = { job, ...end, endedAtMs: Date.now(), ...(exported !== undefined && { exported }) };
  await tellFinish(finished, left.signal, printWarning);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, leave);
}

function stepEvent({ exported, backup }: Succeeded): Record<string, unknown> {
  if (!exported) return { event: "cleared", backup };
  return { event: "exported", path: exported.path, results: exported.results };
}

function stepText({ exported, backup }: Succeeded, checkpoint: string): string {
  if (!exported)
    return `Cleared: the next run begins anew. The checkpoint is kept as ${shown(backup!)}; to undo: agent-jobs clear --undo ${shellWord(shown(checkpoint))}`;
  const { results, path, isSame } = exported;
  return isSame
    ? `The ${plural(results, "result")} ${results === 1 ? "is" : "are"} in ${shown(path)} already.`
    : `Exported ${plural(results, "result")} to ${shown(path)}.`;
}

const shown = (path: string): string => relative(startFolder, path);
