import type { CancellationToken, Event, Uri } from "vscode";

/**
 * What the extension "Agent Jobs" (`agent-jobs.agent-jobs`) gives to other extensions, as `exports` of its `activate`:
 *
 * ```ts
 * const extension = vscode.extensions.getExtension<AgentJobsExports>("agent-jobs.agent-jobs");
 * const api = (await extension?.activate())?.getApi(1);
 * await api?.ready();
 * for (const job of api?.jobs ?? []) console.log(job.name, job.counts?.done, job.counts?.total);
 * ```
 *
 * This file is `dist/types/extension-api.d.ts` in the extension's folder: copy it into yours. Within a version of the
 * API members are only added.
 */
export interface AgentJobsExports {
  /**
   * The API in a version.
   * @throws AgentJobsApiError `unsupported-version` where this version of the extension does not have it
   */
  getApi(version: 1): AgentJobsApi;
}

/** Version 1. Everything that it gives is a frozen copy of a moment: nothing changes under its reader. */
export interface AgentJobsApi {
  readonly version: 1;

  /** The jobs of the open folders, in the order of the view. Empty until `ready`. */
  readonly jobs: readonly JobSnapshot[];

  /** Resolves when the open folders were searched for the first time, and what was found was read. */
  ready(): Promise<void>;

  /** The job with this id; or, of an address, the one whose job file or checkpoint it is. */
  job(of: string | Uri): JobSnapshot | undefined;

  /** Jobs came or went, or are called otherwise. */
  readonly onDidChangeJobs: Event<void>;

  /** A job is not as it was: at most every 250 ms each, and every second while it runs. */
  readonly onDidChangeJob: Event<JobSnapshot>;

  /** A run has ended, wherever it was started. */
  readonly onDidEndRun: Event<EndedRunSnapshot>;

  /**
   * What a run of a job would do, without doing it. The job file is loaded for it, in a process of its own.
   * @param jobId `JobSnapshot.id`
   * @throws AgentJobsApiError `no-such-job`, `not-trusted`, `no-plan` (a program that keeps its own checkpoint, or a
   *   checkpoint without a job file), `plan-failed`, `cancelled`
   */
  plan(jobId: string, token?: CancellationToken): Promise<PlanSnapshot>;

  /**
   * Runs a job, or goes on with it, as the command *Resume* does. The person is asked over its plan in any case, also
   * where they start jobs themselves without being asked, and may say no.
   * @param jobId `JobSnapshot.id`
   * @returns whether a run was launched
   * @throws AgentJobsApiError `no-such-job`, `not-trusted`, `not-resumable` (it runs already, is damaged beyond reading,
   *   or has no job file), `not-started`
   */
  resume(jobId: string): Promise<boolean>;
}

/** What the API throws. `code` is stable, the wording of `message` is not. */
export interface AgentJobsApiError extends Error {
  readonly name: "AgentJobsApiError";
  readonly code: AgentJobsApiErrorCode;
}

export type AgentJobsApiErrorCode =
  | "unsupported-version"
  | "no-such-job"
  | "not-trusted"
  | "not-resumable"
  | "not-started"
  | "no-plan"
  | "plan-failed"
  | "cancelled";

/**
 * - `not-run`: it has no checkpoint yet
 * - `running`, `stalled`: a run holds it; `stalled` has recorded nothing for unusually long
 * - `stopped`: something is left to do
 * - `finished`, `finished-with-failures`
 * - `empty`: the checkpoint is there, and nothing in it
 * - `unreadable`
 */
export type JobState =
  | "not-run"
  | "running"
  | "stalled"
  | "stopped"
  | "finished"
  | "finished-with-failures"
  | "empty"
  | "unreadable";

/** A job at a moment. */
export interface JobSnapshot {
  /** Names the job in calls. Stays the same while it is run, repaired and cleared; not made for people. */
  readonly id: string;
  /** From its header, else its file. Other jobs may be called so, too. From a file: not safe as Markdown or HTML. */
  readonly name: string;
  /** The label of a labelled run; null for the job itself. */
  readonly label: string | null;
  /** The open folder that it lies in; null outside of all. */
  readonly folder: Uri | null;
  /** Null for a checkpoint alone. */
  readonly jobFile: Uri | null;
  /** Need not exist yet. */
  readonly checkpoint: Uri;
  readonly state: JobState;
  /** Whether the checkpoint has lines that cannot be read and are no residue of a crash. */
  readonly isDamaged: boolean;
  /** Null before the first run, and where the checkpoint cannot be read. */
  readonly counts: JobCounts | null;
  /** How long a live run takes yet, in milliseconds; null where nothing runs or nothing is known. */
  readonly eta: { readonly p50Ms: number; readonly p90Ms: number } | null;
  /** The live run; null where nothing runs. */
  readonly run: { readonly pid: number; readonly host: string; readonly startedAtMs: number } | null;
  /** How the latest run ended, such as `finished`, `killed`, `stopped`, `budget`; null before its end. */
  readonly lastRunEnded: string | null;
  /** Over all runs; null where nothing was recorded. */
  readonly usage: JobUsage | null;
}

/** Numbers of items. */
export interface JobCounts {
  /** Null where nobody knows it, or not yet. */
  readonly total: number | null;
  readonly done: number;
  readonly failed: number;
  /** Begun by a run that ended before it recorded how they went. */
  readonly inDoubt: number;
  /** total − done − failed − inDoubt; null without a total. */
  readonly remaining: number | null;
  /** At work now; part of `remaining`. */
  readonly inFlight: number;
}

export interface JobUsage {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** US dollars. */
  readonly usd: number | null;
}

export interface EndedRunSnapshot {
  readonly job: JobSnapshot;
  /** As `lastRunEnded`; `unknown` where nobody knows. */
  readonly ended: string;
}

/** What a run would do. Null where the input is a stream, whose items nobody knows before they come. */
export interface PlanSnapshot {
  readonly jobId: string;
  readonly total: number | null;
  readonly done: number;
  readonly new: number | null;
  readonly failed: number;
  readonly inDoubt: number;
  /** Done items that left the input. */
  readonly gone: number;
  /** How many items a run would begin. */
  readonly toRun: number | null;
  /** Whether a run holds the job, or its checkpoint is damaged: either keeps a run from starting. */
  readonly isHeld: boolean;
  readonly isDamaged: boolean;
  /** Whether what results depend on (parameters, code, items, stages) is another than it was: *Resume* asks about it. */
  readonly hasChanged: boolean;
  /** From the job's own history and its estimate: milliseconds, tokens, US dollars; null where nothing says. */
  readonly expected: {
    readonly ms: number | null;
    readonly tokens: number | null;
    readonly usd: number | null;
  };
}
