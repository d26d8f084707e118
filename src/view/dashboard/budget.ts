import { type JobState, latestRun } from "../../runtime/state/jobState.js";
import type { KnownBudget } from "./charts/spending.js";

/** What a job may spend in all, by the word of its latest run. */
export function budgetOf(state: JobState): KnownBudget {
  const { usd, tokens } = latestRun(state)?.budget ?? {};
  return { usd: usd ?? null, tokens: tokens ?? null };
}
