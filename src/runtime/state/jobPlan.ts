import type { DoubtfulItem } from "./inDoubt.js";

/** A parameter that is not what it was when the latest run recorded it; undefined where it is missing. */
export interface ParamChange {
  /** Empty where the parameters as a whole are no object. */
  name: string;
  before: unknown;
  after: unknown;
}

/** A file of a job's code that is not what it was, by path relative to the job file's folder. */
export interface SourceChange {
  file: string;
  change: "changed" | "added" | "removed";
}

/** What a run would do. Null where the input is a stream, whose items nobody knows before they come. */
export interface JobPlan {
  job: string;
  label: string | null;
  checkpoint: string;
  /** Whether a run holds the job now, and whether its checkpoint is damaged: either keeps a run from starting. */
  held: boolean;
  damaged: boolean;
  total: number | null;
  done: number;
  new: number | null;
  failed: number;
  inDoubt: number;
  /** Those in doubt, at most 1,000: begun by a run that ended before it recorded how they went. */
  inDoubtItems: DoubtfulItem[];
  gone: number;
  /**
   * What results depend on and is another now: how many done items have another content, which they are (at most
   * 1,000), which parameters and source files differ, and whether there are other stages.
   */
  changed: {
    items: number;
    itemIds: unknown[];
    params: ParamChange[];
    sources: SourceChange[];
    stages: boolean;
  };
  /** How many items a run would begin. */
  toRun: number | null;
  /** From this job's own history and its `estimate`; milliseconds, tokens, US dollars; null where nothing says. */
  expected: { ms: number | null; tokens: number | null; usd: number | null };
  /** What a run would not do and spend again. */
  saved: { items: number; usd: number | null; ms: number | null };
  budget: { usd?: BudgetState; tokens?: BudgetState } | null;
}

export interface BudgetState {
  limit: number;
  spent: number;
}
