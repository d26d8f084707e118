import * as vscode from "vscode";
import type { Services } from "../commands/services.js";
import type { Job } from "../job.js";
import { AgentJobsApiError } from "./apiError.js";
import type { AgentJobsApi, AgentJobsExports } from "./extensionApi.js";
import { endedOf, snapshotOf } from "./snapshots.js";

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
      const { planOf } = await import("./acting.js");
      return planOf(services, job, token);
    },
    async resume(jobId: string) {
      const job = jobOf(jobId);
      requireTrust();
      const { resume } = await import("./acting.js");
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
