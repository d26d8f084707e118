import { resolve } from "node:path";
import { formatVersion } from "../config.js";
import { AgentJobsError } from "../errors.js";
import { jobRecord, type WritableRecord } from "../format/record.js";
import type { ScannedRecord, ScanSummary } from "../format/scan.js";
import { applyRecord } from "../state/fold.js";
import type { JobState } from "../state/jobState.js";
import type { LostRun } from "../state/status.js";
import type { Durability } from "./appendFile.js";
import { CheckpointFollower } from "./follow.js";
import { ForeignLog } from "./foreignLog.js";
import { Lock } from "./lock.js";
import { lookAtLock } from "./lockHolder.js";
import { type LineSink, OwnLog } from "./ownLog.js";
import { prepareFolder } from "./prepareFolder.js";
import { clearStopRequest, isStopRequested } from "./stopRequest.js";
import type { CheckpointStore, JobLog, LoadedJob, OpenOptions } from "./store.js";

/** One job in one JSON Lines file, for one machine: the default store. */
export class JsonlStore implements CheckpointStore {
  readonly supports = { manyJobs: false, manyWriters: false, faults: true };
  /** Absolute path of the checkpoint. */
  readonly path: string;

  /** @param path the checkpoint, relative to the working directory or absolute */
  constructor(path: string | { path: string }) {
    this.path = resolve(typeof path === "string" ? path : path.path);
  }

  get url(): string {
    return this.path;
  }

  async load(_job: string, onRecord?: (scanned: ScannedRecord) => void): Promise<LoadedJob> {
    const follower = new CheckpointFollower(this.path, onRecord ? { onRecord } : {});
    await follower.refresh();
    return {
      state: follower.state,
      scan: follower.summary(),
      ...(await lookAtLock(this.path)),
      exists: follower.exists,
    };
  }

  async open(job: string, options: OpenOptions = {}): Promise<JobLog> {
    if (typeof job !== "string" || job === "")
      throw new TypeError(`Expected a job's id to be a string that is not empty, got \`${String(job)}\`.`);
    const path = await prepareFolder(this.path);
    const lock = await Lock.acquire(path, options);
    let sink: LineSink | undefined;
    try {
      const follower = new CheckpointFollower(path, options.onRecord ? { onRecord: options.onRecord } : {});
      await follower.refresh();
      const { state } = follower;
      const scan = follower.summary();
      refuseUnfit(path, job, scan, state, options);
      const { format } = scan;
      sink =
        format === "article" || format === "agent-resume"
          ? await ForeignLog.open(path, { ...scan, format }, state, lock)
          : await OwnLog.open(path, lock, state);
      const log = new JsonlLog(path, job, state, scan, lock, sink);
      const header = jobRecord(Date.now(), job, options.label ?? null, options.jobFile ?? null);
      if (state.job === null) await log.append([header], "written");
      return log;
    } catch (error) {
      await sink?.close().catch(() => {}); // the first error says why
      await lock.release();
      throw error;
    }
  }
}

class JsonlLog implements JobLog {
  private closed = false;

  constructor(
    private readonly path: string,
    readonly job: string,
    readonly state: JobState,
    readonly scan: ScanSummary,
    private readonly lock: Lock,
    private readonly sink: LineSink,
  ) {}

  get token(): string {
    return this.lock.token;
  }

  get lost(): LostRun | null {
    return this.lock.lost;
  }

  async append(records: readonly WritableRecord[], durability: Durability): Promise<void> {
    if (this.closed)
      throw new AgentJobsError(
        "AJ_CLOSED",
        `Cannot write to job "${this.job}": its session was closed. Open the job again with \`resumeOrStart\`.`,
      );
    await this.sink.append(records, durability);
    for (const record of records) applyRecord(this.state, record);
  }

  stopRequested(): Promise<boolean> {
    return isStopRequested(this.path, this.token);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    try {
      await this.sink.close();
      await clearStopRequest(this.path);
    } finally {
      await this.lock.release();
    }
  }
}

function refuseUnfit(
  path: string,
  job: string,
  scan: ScanSummary,
  state: JobState,
  options: OpenOptions,
): void {
  if (scan.format === "unknown")
    throw new AgentJobsError(
      "AJ_UNKNOWN_FORMAT",
      `Cannot continue ${path}: it is no checkpoint of a known format, and nothing was changed. Choose another checkpoint.`,
    );
  if ((state.formatVersion ?? 0) > formatVersion)
    throw new AgentJobsError(
      "AJ_NEWER_FORMAT",
      `Cannot write to ${path}: it has format version ${state.formatVersion}, and this version writes ${formatVersion}. Update Agent Jobs.`,
    );
  refuseOthers(path, job, options.label ?? null, state);
  const first = scan.faults.find((fault) => !fault.residue);
  if (scan.damageCount > 0 && options.onDamage !== "continue")
    throw new AgentJobsError(
      "AJ_DAMAGED",
      `Will not run over ${path}: ${scan.damageCount} damaged ${scan.damageCount === 1 ? "line" : "lines"}${first ? `, the first on line ${first.line}` : ""}. ` +
        "Repair it (agent-jobs repair), or run with --on-damage continue to do the items again that its damaged lines may have held.",
    );
}

/** @throws AgentJobsError AJ_OTHER_JOB where a checkpoint says that it is of another job, or of another run of it */
export function refuseOthers(path: string, job: string, label: string | null, state: JobState): void {
  if (state.job === null || (state.job === job && (state.label ?? null) === label)) return;
  throw new AgentJobsError(
    "AJ_OTHER_JOB",
    `Cannot use ${path} for job ${named(job, label)}: it belongs to ${named(state.job, state.label)}. Choose another checkpoint.`,
  );
}

const named = (job: string, label: string | null | undefined) => (label ? `"${job}" (${label})` : `"${job}"`);
