import type { WritableRecord } from "../format/record.js";
import type { ScannedRecord, ScanSummary } from "../format/scan.js";
import type { JobState } from "../state/jobState.js";
import type { Holder, LostRun } from "../state/status.js";
import type { Durability } from "./appendFile.js";

/** What a store can do, so that the conformance suite and callers branch on facts. */
export interface StoreSupport {
  /** Holds several jobs under one URL. */
  manyJobs: boolean;
  /** Lets several processes work on one job at a time. */
  manyWriters: boolean;
  /** Keeps damaged bytes that a repair can look at. */
  faults: boolean;
}

/** A job's log as it was when it was loaded. */
export interface LoadedJob {
  state: JobState;
  scan: ScanSummary;
  /** Who holds the job and lives, or null. */
  holder: Holder | null;
  /** What a lock tells that a run left behind which no longer lives. */
  lost?: LostRun | null;
  /** False where the job has no log yet. */
  exists: boolean;
}

export interface OpenOptions {
  /** Path of the job file, for the header, relative to the checkpoint with forward slashes. */
  jobFile?: string | null;
  /** The run's label, for the header. */
  label?: string | null;
  /** Go on although lines are damaged; they stay in the file. */
  onDamage?: "refuse" | "continue";
  /** Break a lock that its owner still seems to hold; given a token, only that lock. */
  takeOver?: boolean | string;
  /** Sees every record that is loaded, in order. */
  onRecord?: (scanned: ScannedRecord) => void;
}

/** A job opened for writing, by one owner at a time. */
export interface JobLog {
  readonly job: string;
  /** What was there when it was opened, kept in step with what is appended. */
  readonly state: JobState;
  readonly scan: ScanSummary;
  /** Names this opening; a run's first record repeats it. */
  readonly token: string;
  /** A run whose lock was in the way and was broken; its successor records how it ended. */
  readonly lost?: LostRun | null;
  /**
   * Appends records and applies them to `state` once they are as durable as asked.
   * @throws CheckpointWriteError AJ_WRITE: none of them is acknowledged; AgentJobsError AJ_LOCK_LOST, AJ_CLOSED
   */
  append(records: readonly WritableRecord[], durability: Durability): Promise<void>;
  /** Whether somebody asked this opening to stop in order. */
  stopRequested(): Promise<boolean>;
  close(): Promise<void>;
}

/** Where jobs' logs live. Every implementation passes `test/runtime/store/conformance.ts`. */
export interface CheckpointStore {
  readonly url: string;
  readonly supports: StoreSupport;
  /** Reads a job's log without taking it. Never throws for what is in it. */
  load(job: string, onRecord?: (scanned: ScannedRecord) => void): Promise<LoadedJob>;
  /**
   * Takes a job for writing.
   * @throws JobHeldError AJ_HELD, AgentJobsError AJ_DAMAGED, AJ_OTHER_JOB, AJ_NEWER_FORMAT, AJ_UNKNOWN_FORMAT,
   *   AJ_FOREIGN, AJ_NOT_A_FILE, CheckpointWriteError AJ_WRITE
   */
  open(job: string, options?: OpenOptions): Promise<JobLog>;
}
