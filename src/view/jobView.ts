import { type ForeignKind, isForeignKind } from "../runtime/format/foreignKinds.js";
import type { ScanSummary } from "../runtime/format/scan.js";
import type { JobState } from "../runtime/state/jobState.js";
import type { Span } from "../runtime/state/sleeps.js";
import {
  type Estimate,
  type Holder,
  type JobStatus,
  type LostRun,
  statusOf,
} from "../runtime/state/status.js";
import { t } from "./l10n.js";

/** What every surface needs of one job: the input of the other views. */
export interface JobView {
  /** The job's name: from its header, else from its file. */
  name: string;
  label: string | null;
  checkpoint: string;
  state: JobState;
  scan: ScanSummary;
  status: JobStatus;
  /** Why the checkpoint cannot be read, in one sentence; null where it can. */
  error: string | null;
  /** Of which other tool's it is, where it is one that is only read. */
  foreign: ForeignKind | null;
  /** The moment of `status`, milliseconds since 1970. */
  nowMs: number;
  /** Somebody asked the live run to stop in order. */
  stopping: boolean;
  /** What is risky about where the checkpoint lies, in one line; null where nothing is known of it. */
  placeWarning: string | null;
  /** The job file that its header names, relative to the checkpoint's folder, where that is not there any more; else null. */
  goneJobFile: string | null;
}

export interface JobViewInput {
  checkpoint: string;
  /** Shown where the log has no header. */
  fallbackName: string;
  state: JobState;
  scan: ScanSummary;
  holder: Holder | null;
  /** What a lock tells that a run left behind which no longer lives. */
  lost?: LostRun | null;
  nowMs: number;
  /** A failure to read; wins over what was read before. */
  readError?: string | null;
  stopping?: boolean;
  placeWarning?: string | null;
  /** Left out: nobody looked. */
  goneJobFile?: string | null;
  /** See `statusOf`. */
  estimate?: Estimate;
  /** See `statusOf`. */
  asleep?: readonly Span[];
}

/** Counts and names a job at a moment. */
export function jobView(input: JobViewInput): JobView {
  const { checkpoint, state, scan, holder, nowMs, readError } = input;
  const status = statusOf(state, scan, holder, nowMs, input.lost ?? null, input.estimate, input.asleep);
  const unknown = () =>
    t(
      "It is no checkpoint of a format that Agent Jobs knows; it was not changed. If it is JSON Lines of your own, say how its rows are read: --map FILE, or Watch a Checkpoint or Other File… in the editor.",
    );
  const error = readError ?? (status.progress === "unreadable" ? unknown() : null);
  return {
    name: state.job ?? input.fallbackName,
    label: state.label,
    checkpoint,
    state,
    scan,
    status: error === null ? status : { ...status, progress: "unreadable" },
    error,
    foreign: isForeignKind(scan.format) ? scan.format : null,
    nowMs,
    stopping: (input.stopping ?? false) && holder !== null,
    placeWarning: input.placeWarning ?? null,
    goneJobFile: input.goneJobFile ?? null,
  };
}
