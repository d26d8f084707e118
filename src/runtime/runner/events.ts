import type { Usage } from "../format/record.js";

/** What a run tells while it goes, in order; also the lines of `run --json`. Ids are JSON scalars. */
export type RunEvent =
  | {
      event: "run-started";
      job: string;
      run: number;
      checkpoint: string;
      total: number | null;
      done: number;
      failed: number;
      inDoubt: number;
      at: string;
    }
  | { event: "item-started"; item: unknown; attempt: number }
  | { event: "item-done"; item: unknown; attempt: number; ms: number; usage?: Usage }
  | { event: "item-failed"; item: unknown; attempt: number; ms: number; cause: string; message: string }
  /** It failed, and is tried again after `delayMs` milliseconds at the earliest. */
  | {
      event: "item-retry";
      item: unknown;
      attempt: number;
      ms: number;
      cause: string;
      message: string;
      delayMs: number;
    }
  /** From here on so many items at a time; nothing begins for `pauseMs` milliseconds, for `cause`. */
  | { event: "pace"; concurrency: number; pauseMs?: number; cause?: string }
  | { event: "item-progress"; item: unknown; fraction: number }
  | { event: "notice"; message: string }
  | { event: "run-stopping"; reason: string; inFlight: number; detail?: string }
  | {
      event: "run-ended";
      reason: string;
      /** Which condition or limit it was, with its figures. */
      detail?: string;
      done: number;
      failed: number;
      total: number | null;
      remaining: number | null;
      ms: number;
    };
