import { createHash } from "node:crypto";
import { redact } from "../runtime/redact.js";
import { safeText } from "../view/text.js";
import { numbered, ToolError } from "./answer.js";
import type { ToolHost, ToolJob } from "./host.js";

const maxIdChars = 300;
const maxCandidates = 20;

/** An id as models see it: escaped, and of bounded length. It names the same job. */
export function shownId({ id }: Pick<ToolJob, "id">): string {
  const shown = safeText(redact(id));
  if (shown.length <= maxIdChars) return shown;
  return `job-${createHash("sha256").update(id).digest("hex").slice(0, 16)}`;
}

/** `nightly`, `nightly @ 2026-W47` */
export const titleOf = ({ name, label }: Pick<ToolJob, "name" | "label">): string =>
  label === null ? name : `${name} @ ${label}`;

/** Ids that name one job each: what stands for several is replaced by the checkpoint's path. */
export function withUniqueIds<Job extends ToolJob>(
  jobs: readonly Job[],
  pathOf: (path: string) => string,
): Job[] {
  const counts = new Map<string, number>();
  for (const job of jobs) counts.set(shownId(job), (counts.get(shownId(job)) ?? 0) + 1);
  return jobs.map((job) => (counts.get(shownId(job))! > 1 ? { ...job, id: pathOf(job.checkpoint) } : job));
}

/**
 * The job that a model names, by its id, else by its whole name.
 * @throws ToolError where there is none, or where several are called so, with what there is
 */
export async function findJob<Job extends ToolJob>(host: ToolHost<Job>, given: string): Promise<Job> {
  const jobs = await host.jobs();
  const byId = jobs.filter((job) => job.id === given || shownId(job) === given);
  if (byId.length === 1) return host.fresh(byId[0]!);
  const byName = jobs.filter((job) => [job.name, titleOf(job)].some((name) => isCalled(name, given)));
  const found = byId.length > 1 ? byId : byName;
  if (found.length === 1) return host.fresh(found[0]!);
  if (found.length > 1)
    throw new ToolError({
      said: `${numbered(found.length, "job is", "jobs are")} called so. Nothing was done. Ask the person which one is meant, and call again with its \`job\`.`,
      rows: found.slice(0, maxCandidates).map((job) => ({ job: shownId(job), name: titleOf(job) })),
    });
  throw new ToolError({
    said:
      jobs.length === 0
        ? "There are no jobs here. Nothing was done."
        : `No job is called so. Nothing was done. A job is named by its \`job\` or its exact name; ${host.named("list_jobs")} lists them.`,
    about: { given },
    rows: jobs.slice(0, maxCandidates).map((job) => ({ job: shownId(job), name: titleOf(job) })),
  });
}

const isCalled = (name: string, given: string): boolean => name === given || safeText(redact(name)) === given;
