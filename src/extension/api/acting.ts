import * as vscode from "vscode";
import { messageOf } from "../../runtime/errors.js";
import type { JobPlan } from "../../runtime/state/jobPlan.js";
import { planHasChanged } from "../../view/planText.js";
import { start } from "../commands/run.js";
import type { Services } from "../commands/services.js";
import type { Job } from "../job.js";
import { AgentJobsApiError } from "./apiError.js";
import type { PlanSnapshot } from "./extensionApi.js";

/** What a run of a job would do. */
export async function planOf({ tasks }: Services, job: Job, token: vscode.CancellationToken | undefined) {
  if (job.jobFile === null) throw noPlan(job);
  const abortion = new AbortController();
  const listening = token?.onCancellationRequested(() => abortion.abort());
  if (token?.isCancellationRequested) abortion.abort();
  try {
    const outcome = await tasks.planOf(job, [], abortion.signal);
    if (abortion.signal.aborted)
      throw new AgentJobsApiError("cancelled", `The plan of ${job.name} was cancelled.`);
    if ("error" in outcome)
      throw new AgentJobsApiError("plan-failed", `${job.name} cannot be planned: ${outcome.error}`);
    if ("kind" in outcome) throw noPlan(job);
    return planSnapshot(job, outcome.plan);
  } finally {
    listening?.dispose();
  }
}

const noPlan = (job: Job): AgentJobsApiError =>
  new AgentJobsApiError("no-plan", `${job.name} has no plan: no job file of ours says what it would do.`);

/**
 * Runs a job or goes on with it, as our own command does, but asks the person in any case: an extension calls it, not
 * they. Whether a run was launched.
 */
export async function resume(services: Services, job: Job): Promise<boolean> {
  const can = job.capabilities(vscode.workspace.isTrusted);
  if (!can.has("resumable") && !can.has("runnable"))
    throw new AgentJobsApiError("not-resumable", `${job.name} cannot be run or resumed now.`);
  const tokenBefore = job.latestToken;
  try {
    await start(services, job, [], undefined, "always");
  } catch (error) {
    throw new AgentJobsApiError("not-started", `${job.name} did not start: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return job.starting || job.holder !== null || job.latestToken !== tokenBefore;
}

function planSnapshot(job: Job, plan: JobPlan): PlanSnapshot {
  const { total, done, failed, inDoubt, gone, toRun, expected, held, damaged } = plan;
  return Object.freeze({
    ...{ jobId: job.id, total, done, failed, inDoubt, gone, toRun },
    new: plan.new,
    isHeld: held,
    isDamaged: damaged,
    hasChanged: planHasChanged(plan),
    expected: Object.freeze({ ms: expected.ms, tokens: expected.tokens, usd: expected.usd }),
  });
}
