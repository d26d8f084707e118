import type { RunEndReason } from "../../src/runtime/format/record.js";
import type { Sample } from "./sample.js";

const failed = { timeout: ["no such file", "no such file"], "rate-limit": ["why"] };
export const reasons: RunEndReason[] = [
  "budget",
  "deadline",
  "max-failures",
  "auth",
  "stop-condition",
  "finished",
];
/** Jobs that differ in what is said of them. */
export const samples: Sample[] = [
  {},
  { done: 1, failed: { timeout: ["why"] }, begun: 1, live: true },
  { done: 847, failed, begun: 8, live: true, stages: { extract: 3 } },
  { done: 847, total: null, begun: 1, live: true, label: "staging" },
  { done: 500, begun: 2, live: true, stopping: true },
  { done: 500, begun: 3, live: true, silentMs: 3_000_000 },
  { done: 500, begun: 2, live: true, pace: { concurrency: 4, pauseMs: 12_000, cause: "rate-limit" } },
  {
    done: 500,
    begun: 2,
    live: true,
    pace: { concurrency: 4 },
    spentBefore: { inputTokens: 9, outputTokens: 1, usd: 2 },
  },
  { done: 1, begun: 1, damaged: true },
  { done: 1, live: true, readError: "no such file" },
  { done: 12, begun: 2, failed, damaged: true },
  { total: 3, done: 3, ended: "finished" },
  { total: 2, done: 1, failed: { timeout: ["why"] }, ended: "finished-with-failures" },
  ...reasons.map((ended): Sample => ({ done: 3, ended, endDetail: "why" })),
];
