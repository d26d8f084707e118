import type { ItemKey } from "../format/itemId.js";
import type { RunEndReason } from "../format/record.js";
import type { UsageTotals } from "../state/jobState.js";
import type { JobStatus } from "../state/status.js";
import type { CheckpointStore, OpenOptions } from "../store/store.js";
import type { RunEvent } from "./events.js";
import type { RunControl } from "./runControl.js";

/** Items that earlier runs began and did not record: done again, or left as they are. */
export type DoubtChoice = "retry" | "skip";

export interface RunOptions {
  control: RunControl;
  onEvent: (event: RunEvent) => void;
  /** Called once the run has begun, with a way to ask how it stands. */
  onOpen?: (status: () => JobStatus) => void;
  /** Instead of the definition's. */
  concurrency?: number;
  /** Begins at most this many items. */
  limit?: number;
  /** Does these items only, of those that are not done. */
  only?: ReadonlySet<ItemKey>;
  /** Ends the run in order after so many milliseconds; instead of the definition's. */
  deadlineMs?: number;
  /** Where records go; instead of the job's checkpoint itself. */
  store?: CheckpointStore;
  onDamage?: NonNullable<OpenOptions["onDamage"]>;
  takeOver?: boolean | string;
  /** What becomes of items that earlier runs began and did not record. Default: `retry`. */
  inDoubt?: DoubtChoice;
}

export interface RunOutcome {
  reason: RunEndReason;
  signal?: string;
  /** Which condition or limit ended it, with its figures. */
  detail?: string;
  /** In this run. */
  done: number;
  failed: number;
  /** What made the run end, where it was an error: the checkpoint could not be written, the input broke. */
  error?: unknown;
  ms: number;
  /** Of the whole job, all runs. */
  usage: UsageTotals;
  /** How the job stands after the run. */
  status: JobStatus;
}
