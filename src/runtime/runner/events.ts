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
  | { event: "item-progress"; item: unknown; fraction: number }
  | { event: "notice"; message: string }
  | { event: "run-stopping"; reason: string; inFlight: number }
  | {
      event: "run-ended";
      reason: string;
      done: number;
      failed: number;
      total: number | null;
      remaining: number | null;
      ms: number;
    };
