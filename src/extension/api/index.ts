import * as vscode from "vscode";
import { messageOf } from "../../runtime/errors.js";
import type { Services } from "../commands/services.js";
import type { Job } from "../job.js";
import type { AgentJobsApi, AgentJobsApiErrorCode, AgentJobsExports } from "./extensionApi.js";
import { endedOf, planSnapshot, snapshotOf } from "./snapshots.js";

class AgentJobsApiError extends Error {
  override readonly name = "AgentJobsApiError";
  constructor(
    readonly code: AgentJobsApiErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** What other extensions get of this one: copies to read, and nothing that acts without the person. */
export function createExports(services: Services): AgentJobsExports {
  const api = createApi(services);
  return Object.freeze({
    getApi(version: 1) {
      if (version === 1) return api;
      throw new AgentJobsApiError(
        "unsupported-version",
        `Expected the version of the API to be 1, got ${String(version)}.`,
      );
    },
  });
}

function createApi(services: Services): AgentJobsApi {
  const { catalog } = services;
  const jobOf = (id: string): Job => {
    const job = catalog.job(id);
    if (job) return job;
    throw new AgentJobsApiError("no-such-job", `There is no job ${JSON.stringify(id)} in the open folders.`);
  };
  return Object.freeze({
    version: 1 as const,
    get jobs() {
      return Object.freeze(catalog.jobs.map(snapshotOf));
    },
    async ready() {
      await catalog.start();
      await catalog.refresh();
    },
    job(of: string | vscode.Uri) {
      const job = typeof of === "string" ? catalog.job(of) : catalog.jobOf(of);
      return job && snapshotOf(job);
    },
    onDidChangeJobs: mapped(catalog.onDidChangeJobs, () => undefined),
    onDidChangeJob: mapped(catalog.onDidChangeJob, snapshotOf),
    onDidEndRun: mapped(catalog.onDidEndRun, ({ job }) =>
      Object.freeze({ job: snapshotOf(job), ended: endedOf(job) ?? "unknown" }),
    ),
    async plan(jobId: string, token?: vscode.CancellationToken) {
      const job = jobOf(jobId);
      requireTrust();
      return planOf(services, job, token);
    },
    async resume(jobId: string) {
      const job = jobOf(jobId);
      requireTrust();
      return resume(services, job);
    },
  });
}

/** An event that tells something else; made once for each listener, when it happens. */
function mapped<T, R>(event: vscode.Event<T>, map: (value: T) => R): vscode.Event<R> {
  return (listener, thisArgs, disposables) =>
    event((value) => listener.call(thisArgs, map(value)), undefined, disposables);
}

function requireTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new AgentJobsApiError(
    "not-trusted",
    "The open folders are not trusted: their jobs can only be read.",
  );
}

async function planOf({ tasks }: Services, job: Job, token: vscode.CancellationToken | undefined) {
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

async function resume(services: Services, job: Job): Promise<boolean> {
  const can = job.capabilities(vscode.workspace.isTrusted);
  if (!can.has("resumable") && !can.has("runnable"))
    throw new AgentJobsApiError("not-resumable", `${job.name} cannot be run or resumed now.`);
  const tokenBefore = job.latestToken;
  try {
    const { start } = await import("../commands/run.js");
    await start(services, job);
  } catch (error) {
    throw new AgentJobsApiError("not-started", `${job.name} did not start: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return job.starting || job.holder !== null || job.latestToken !== tokenBefore;
}
