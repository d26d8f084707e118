import type { ItemKey } from "../format/itemId.js";
import type { CheckpointRecord, Usage } from "../format/record.js";
import { countOf } from "./wording.js";

/** Which program's shape a file or folder has. */
export type OldKind =
  | "json-checkpoint"
  | "sqlite"
  | "pipeline"
  | "redis-dump"
  | "operation-cache"
  | "progress-file"
  | "article"
  | "agent-resume";

/** What another program's file says of a job. Times are milliseconds since 1970; what it does not say is left out or null. */
export interface OldJob {
  kind: OldKind;
  /** As the old file or its name says it. */
  job: string | null;
  total: number | null;
  startedAtMs: number | null;
  /** The latest time that the file tells of; where it tells none, when it was last written. */
  changedAtMs: number;
  /** Each id once, and no id in two of these lists. */
  done: OldDone[];
  failed: OldFailed[];
  /** Begun, and how it ended was not recorded. */
  inDoubt: OldInDoubt[];
  /** Between two stages: some of their steps are finished. */
  waiting: OldWaiting[];
  /** How many items the file names that are in no list above. */
  notBegun: number;
  /** Records of ours that were kept beside a foreign file. */
  beside: CheckpointRecord[];
  /** What the file could not tell, each as the end of "It does not tell …". */
  untold: string[];
  /** What was in the file and is not kept, or not as it was; each a sentence. */
  leftOut: string[];
}

export interface OldDone {
  item: ItemKey;
  atMs?: number;
  result?: unknown;
  ms?: number;
  usage?: Usage;
  attempt?: number;
  hash?: string;
  steps?: OldStep[];
  /** What it took is told by a record beside the file. */
  isMeasured?: boolean;
}
export interface OldFailed {
  item: ItemKey;
  atMs?: number;
  message: string;
  /** How often it was tried, at least 1. */
  attempts: number;
}
export interface OldInDoubt {
  item: ItemKey;
  atMs?: number;
  attempt: number;
}
export interface OldWaiting {
  item: ItemKey;
  steps: OldStep[];
}
export interface OldStep {
  name: string;
  result?: unknown;
}

export function emptyJob(kind: OldKind, job: string | null, changedAtMs: number): OldJob {
  return {
    ...{ kind, job, total: null, startedAtMs: null, changedAtMs },
    ...{ done: [], failed: [], inDoubt: [], waiting: [], notBegun: 0, beside: [], untold: [], leftOut: [] },
  };
}

/** What no old file tells, of whatever kind. */
export const neverTold =
  "which model, prompt and content the results are of, so that no change of them is noticed";

/** Whether ids that are texts in the file were numbers to the program; undefined where none looks like one. */
export function doubtOfTexts(items: Iterable<ItemKey>): string | undefined {
  for (const item of items)
    if (/^"-?\d+"$/.test(item))
      return "whether ids such as 1 were numbers: they are kept as texts, and a job whose ids are numbers does them again";
  return undefined;
}

/** Drops a total that what is in the file contradicts. */
export function takeTotal(job: OldJob, total: unknown): void {
  if (typeof total !== "number" || !Number.isSafeInteger(total) || total < 0) {
    job.untold.push("how many items there are");
    return;
  }
  const known = job.done.length + job.failed.length + job.inDoubt.length + job.waiting.length;
  if (known <= total) job.total = total;
  else
    job.leftOut.push(
      `Its total of ${countOf(total, "item")} cannot be true, since ${known} are in the file: the next run counts its input.`,
    );
}
