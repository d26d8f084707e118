/** Starting and resuming a job, and trying its failures again: by the same plan, budget and damage rules as by hand. */

import { messageOf } from "../runtime/errors.js";
import { type ItemKey, idValue } from "../runtime/format/itemId.js";
import type { BudgetState, JobPlan } from "../runtime/state/jobPlan.js";
import { changeLines } from "../view/changeText.js";
import { type FailureGroup, failureGroups } from "../view/failures.js";
import { planHasChanged, redoSummary } from "../view/planText.js";
import { programTexts, resumeTexts, retryTexts, runTexts } from "../view/proposalText.js";
import { shownText, type ToolAnswer, ToolError } from "./answer.js";
import { findJob } from "./findJob.js";
import type { ToolHost, ToolJob } from "./host.js";
import type { ToolInput } from "./inputSchema.js";
import { aboutJob, requireFree } from "./mayAct.js";
import type { Intent } from "./proposal.js";
import { noJobFileText, noPlan } from "./reading.js";

interface ResumeInput {
  job: string;
  changed?: "keep" | "redo";
  in_doubt?: "retry" | "skip";
  limit?: number;
}

export async function proposeResume<Job extends ToolJob>(
  host: ToolHost<Job>,
  input: ToolInput,
  signal: AbortSignal,
): Promise<Intent<Job>> {
  const { job: given, changed, in_doubt: inDoubt, limit } = input as unknown as ResumeInput;
  const { job, plan } = await plannedJob(host, given, signal);
  const { done = 0, failed = 0, inDoubt: doubtful = 0 } = job.view?.status ?? {};
  const kind = done + failed + doubtful > 0 ? "resume" : "start";
  const args = limit === undefined ? [] : ["--limit", String(limit)];
  const last = [...runTexts(job.id, limit), host.lifeText(job)];
  if (plan === undefined) {
    if (limit !== undefined || changed !== undefined || inDoubt !== undefined)
      throw new ToolError({
        said: "A program that keeps its own checkpoint does this job: it takes no `changed`, `in_doubt` or `limit`. Call again without them if the person wants it run.",
        about: aboutJob(job),
      });
    const lines = [...programTexts(), ...last];
    return { kind, job, lines, details: null, act: () => begin(host, job, "run", []) };
  }
  const redo = decided(host, job, plan, changed);
  requireBudget(job, plan);
  const left = plan.toRun === null ? null : plan.toRun - (inDoubt === "skip" ? plan.inDoubt : 0);
  if (left !== null && left <= 0 && redo !== "redo")
    throw new ToolError({
      said: "There is nothing to do: a run would begin no item. Nothing was started. Tell the person so.",
      about: { ...aboutJob(job), total: plan.total, done: plan.done, inDoubt: plan.inDoubt },
    });
  if (redo) args.push("--changed", redo);
  if (plan.inDoubt > 0) args.push("--in-doubt", inDoubt ?? "retry");
  const lines = [...resumeTexts({ plan, changed: redo, inDoubt }), ...last];
  return { kind, job, lines, details: [plan, args], act: () => begin(host, job, "run", args) };
}

interface RetryInput {
  job: string;
  causes?: string[];
  items?: (string | number)[];
  changed?: "keep";
}

export async function proposeRetry<Job extends ToolJob>(
  host: ToolHost<Job>,
  input: ToolInput,
  signal: AbortSignal,
): Promise<Intent<Job>> {
  const { job: given, causes, items, changed } = input as unknown as RetryInput;
  if (causes && items)
    throw new ToolError({ said: "Expected `causes` or `items`, not both. Leave one out and call again." });
  const { job, plan } = await plannedJob(host, given, signal);
  const about = aboutJob(job);
  if (plan === undefined)
    throw new ToolError({
      said: `A program that keeps its own checkpoint does this job, and which items it tries again is up to it. ${host.named("resume_job")} runs it, if the person wants that.`,
      about,
    });
  const groups = job.view ? failureGroups(job.view) : [];
  if (groups.length === 0)
    throw new ToolError({ said: "No item of it is failed, so nothing was tried again.", about });
  const chosen = items ? namedItems(groups, items, about) : byCauses(groups, causes, about);
  const redo = decided(host, job, plan, changed, true);
  requireBudget(job, plan);
  const args = [
    ...(causes ?? []).map((cause) => `--cause=${cause}`),
    ...(items ? chosen.flatMap((group) => group.items.map(({ item }) => `--item=${item}`)) : []),
    ...(redo ? ["--changed", redo] : []),
  ];
  const lines = [
    ...retryTexts({ plan, changed: redo }, chosen),
    ...runTexts(job.id, undefined),
    host.lifeText(job),
  ];
  return { kind: "retry", job, lines, details: [plan, args], act: () => begin(host, job, "retry", args) };
}

/** A job that may be run, and what a run would do; without a plan where a program of its own does it. */
async function plannedJob<Job extends ToolJob>(
  host: ToolHost<Job>,
  given: string,
  signal: AbortSignal,
): Promise<{ job: Job; plan?: JobPlan }> {
  const job = await findJob(host, given);
  const about = aboutJob(job);
  await requireFree(host, job);
  if (job.jobFile === null) throw new ToolError({ said: noJobFileText, about });
  const damaged = () =>
    new ToolError({
      said: `Its checkpoint is damaged: a run would do again what a repair may save. Nothing was started. ${host.named("repair_checkpoint")} first, if the person agrees.`,
      about,
    });
  if (job.view?.status.damaged) throw damaged();
  const outcome = await host.plan(job, signal);
  signal.throwIfAborted();
  if ("error" in outcome) throw noPlan(outcome.error, about);
  if ("kind" in outcome) return { job };
  if (outcome.plan.damaged) throw damaged();
  return { job, plan: outcome.plan };
}

/**
 * Results that were made of something else are neither kept nor made anew without a word of the person.
 * @returns what was decided; undefined where there is nothing to decide
 */
function decided<Job extends ToolJob>(
  host: ToolHost<Job>,
  job: Job,
  plan: JobPlan,
  changed: "keep" | "redo" | undefined,
  isRetry = false,
): "keep" | "redo" | undefined {
  const isTouched = plan.saved.items + plan.failed + plan.inDoubt > 0;
  if (!planHasChanged(plan) || !isTouched) return undefined;
  if (changed !== undefined) return changed;
  const other = isRetry ? ` To redo them is for ${host.named("resume_job")}.` : "";
  throw new ToolError({
    said: `The job changed since its results were made. Nothing was started. Ask the person whether to keep those results or to redo them, then call again with \`changed\`: ${isRetry ? '"keep"' : '"keep" or "redo"'}.${other}`,
    about: { ...aboutJob(job), changed: changeLines(plan.changed), redoing: redoSummary(plan) },
  });
}

/** A run would end before its first item. */
function requireBudget(job: ToolJob, { budget }: JobPlan): void {
  const isSpent = (state: BudgetState | undefined) => state !== undefined && state.spent >= state.limit;
  if (!isSpent(budget?.usd) && !isSpent(budget?.tokens)) return;
  throw new ToolError({
    said: "Its budget is spent, so a run would begin no item. Nothing was started. Whether to raise the budget in the job file is for the person to decide; do not change it unasked.",
    about: { ...aboutJob(job), budget },
  });
}

function byCauses(
  groups: readonly FailureGroup[],
  causes: readonly string[] | undefined,
  about: Record<string, unknown>,
): readonly FailureGroup[] {
  const unknown = causes?.find((cause) => !groups.some((group) => group.cause === cause));
  if (unknown !== undefined)
    throw new ToolError({
      said: "No item of it failed by one of these causes. Nothing was tried again. Call again with causes of those listed.",
      about: { ...about, unknown, causes: groups.map(({ cause }) => cause) },
    });
  return causes ? groups.filter(({ cause }) => causes.includes(cause)) : groups;
}

function namedItems(
  groups: readonly FailureGroup[],
  items: readonly (string | number)[],
  about: Record<string, unknown>,
): FailureGroup[] {
  const failed = groups.flatMap((group) => group.items.map(({ item }) => item as ItemKey));
  const unknown: unknown[] = [];
  const wanted = new Set<string>();
  for (const given of items) {
    const exact = failed.filter((item) => idValue(item) === given);
    // What cannot be seen, and what is long, was shown to the model in another form.
    const found = exact.length > 0 ? exact : failed.filter((item) => shownAs(item) === given);
    if (found.length === 1) wanted.add(found[0]!);
    else unknown.push(given);
  }
  if (unknown.length > 0)
    throw new ToolError({
      said: "Some of these are no failed items of it, or stand for several. Nothing was tried again. Give ids exactly as they were listed: a number is no text.",
      about: { ...about, unknown },
    });
  return groups
    .map(({ cause, items: all }) => ({ cause, items: all.filter(({ item }) => wanted.has(item)) }))
    .filter((group) => group.items.length > 0);
}

const shownAs = (item: ItemKey): unknown => {
  const id = idValue(item);
  return typeof id === "string" ? shownText(id) : id;
};

async function begin<Job extends ToolJob>(
  host: ToolHost<Job>,
  job: Job,
  command: "run" | "retry",
  args: readonly string[],
): Promise<ToolAnswer> {
  try {
    const { said, about } = await host.start(job, command, args);
    return {
      said,
      about: { ...aboutJob(job), ...about },
      next: `It goes on by itself and may take long. Do not wait for it, and do not start it again: ${host.named("list_jobs")} says how it goes.`,
    };
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError({
      said: "It was not started. Tell the person why.",
      about: { ...aboutJob(job), error: messageOf(error) },
    });
  }
}
