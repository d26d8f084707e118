/** What tools need of the place in which they are offered: the editor's window, or the MCP server of a folder. */
import type { PlannedRepair, RepairOutcome } from "../runtime/repair.js";
import type { JobView } from "../view/jobView.js";
import type { ToolName } from "./names.js";
import type { PlanOutcome } from "./readPlan.js";

/** A job as tools name it. */
export interface ToolJob {
  /** Names it and no other: the path of its job file or checkpoint as people see it, and the run's label. */
  id: string;
  name: string;
  label: string | null;
  /** Absolute path; null for a checkpoint alone. */
  jobFile: string | null;
  /** Absolute path. */
  checkpoint: string;
  /** As it was read last; null where it never ran. */
  view: JobView | null;
}

export interface Started {
  /** Our own words: what was begun, and whether it is known to run. */
  said: string;
  about?: Record<string, unknown>;
}

export interface ToolHost<Job extends ToolJob = ToolJob> {
  /** How a tool is called here. */
  named(name: ToolName): string;
  /** All jobs there are. */
  jobs(): Promise<Job[]>;
  /** The job as it is now. */
  fresh(job: Job): Promise<Job>;
  /** Folders in which checkpoints may be written. */
  readonly folders: readonly string[];
  /** Why a job cannot be run or changed from here; undefined where it can. Our own words. */
  refusal(job: Job): string | undefined;
  /** What a run of a job would do. */
  plan(job: Job, signal: AbortSignal): Promise<PlanOutcome>;
  /** Whether a run goes on without this window or server, as a sentence for the person. */
  lifeText(job: Job): string;
  /** Begins a run, and does not wait for its end. */
  start(job: Job, command: "run" | "retry", args: readonly string[]): Promise<Started>;
  /** Carries a repair out that was confirmed. */
  repair(job: Job, planned: PlannedRepair): Promise<RepairOutcome>;
}
