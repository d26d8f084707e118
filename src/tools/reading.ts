/** The tools that only read. */

import type { ItemKey } from "../runtime/format/itemId.js";
import { idValue } from "../runtime/format/itemId.js";
import { capabilitiesOf } from "../view/capabilities.js";
import { changeLines } from "../view/changeText.js";
import { type FailedItem, failureGroups } from "../view/failures.js";
import { kindText } from "../view/foreignText.js";
import { endingText, lookOf } from "../view/jobRow.js";
import { planHasChanged } from "../view/planText.js";
import { numbered, type ToolAnswer, ToolError } from "./answer.js";
import { adviceOn } from "./causeAdvice.js";
import { findJob, shownId, titleOf } from "./findJob.js";
import type { ToolHost, ToolJob } from "./host.js";
import type { ToolInput } from "./inputSchema.js";
import type { ReadingTool, ToolName } from "./names.js";

const maxIds = 20;

/** @throws ToolError where the input names no one job, or there is no plan */
export function readWith<Job extends ToolJob>(
  host: ToolHost<Job>,
  name: ReadingTool,
  input: ToolInput,
  signal: AbortSignal,
): Promise<ToolAnswer> {
  if (name === "list_jobs") return listJobs(host, input);
  return name === "explain_failures" ? explainFailures(host, input) : previewResume(host, input, signal);
}

async function listJobs<Job extends ToolJob>(host: ToolHost<Job>, input: ToolInput): Promise<ToolAnswer> {
  const { only = "all", offset = 0 } = input as { only?: string; offset?: number };
  const jobs = await host.jobs();
  const wanted = jobs.filter(({ view }) => {
    const look = lookOf(view);
    if (only === "running") return look === "running" || look === "stalled";
    if (only === "attention") return look !== "running" && look !== "finished" && look !== "new";
    return true;
  });
  const which = only === "all" ? "" : only === "running" ? " that run now" : " that need attention";
  return {
    said: `${numbered(wanted.length, "job")}${which}${only === "all" ? "" : `, of ${numbered(jobs.length, "job")} in all`}.`,
    rows: wanted.slice(offset).map((job) => jobFacts(host, job)),
    offset,
  };
}

/** How a job stands. */
function jobFacts<Job extends ToolJob>(host: ToolHost<Job>, job: Job): Record<string, unknown> {
  const { view } = job;
  const facts = { job: shownId(job), name: titleOf(job), state: lookOf(view) as string };
  const can = toolsFor(host, job);
  if (!view) return { ...facts, state: "not run yet", can };
  if (view.error !== null) return { ...facts, error: view.error, can };
  const { status, state } = view;
  const { done, total, failed, inDoubt, remaining, eta, run, lastRun } = status;
  return {
    ...facts,
    ...(status.damaged && { damagedLines: view.scan.damageCount }),
    ...{ total, done, failed, inDoubt, remaining },
    ...(run && { running: { pid: run.pid, host: run.host, since: new Date(run.startedAtMs).toISOString() } }),
    ...(view.stopping && { stopping: true }),
    ...(eta && { minutesLeft: { likely: minutes(eta.p50Ms), atMost: minutes(eta.p90Ms) } }),
    ...(status.pause && { pausedBy: status.pause.cause }),
    ...(!run && lastRun && { lastRun: `run ${lastRun.run.run} ${endingText(lastRun.ended)}` }),
    ...(state.usage.usd !== null && { spentUsd: rounded(state.usage.usd) }),
    ...(view.foreign && { readOnly: `${kindText(view.foreign)}: another tool's file` }),
    can,
  };
}

const minutes = (ms: number): number => Math.ceil(ms / 60_000);
const rounded = (figure: number): number => Number(figure.toPrecision(6));

/** The tools that have something to do with a job now. */
function toolsFor<Job extends ToolJob>(host: ToolHost<Job>, job: Job): string[] {
  const { view, jobFile } = job;
  const trusted = host.refusal(job) === undefined;
  const can = capabilitiesOf({ view, hasJobFile: jobFile !== null, trusted });
  const runs = (can.has("resumable") || can.has("runnable")) && !view?.status.damaged;
  const tools: [boolean, ToolName][] = [
    [can.has("hasFailures"), "explain_failures"],
    [runs, "preview_resume"],
    [runs, "resume_job"],
    [can.has("retryable"), "retry_failed"],
    [can.has("repairable"), "repair_checkpoint"],
  ];
  return tools.filter(([is]) => is).map(([, name]) => host.named(name));
}

async function explainFailures<Job extends ToolJob>(
  host: ToolHost<Job>,
  input: ToolInput,
): Promise<ToolAnswer> {
  const { cause: wanted, offset = 0 } = input as { cause?: string; offset?: number };
  const job = await findJob(host, input.job as string);
  const { view } = job;
  const about = { job: shownId(job), name: titleOf(job) };
  if (!view) return { said: "It has not run yet, so nothing of it has failed.", about };
  if (view.error !== null) throw unreadable(view.error, about);
  const groups = failureGroups(view);
  if (wanted !== undefined && !groups.some(({ cause }) => cause === wanted))
    throw new ToolError({
      said: "No item of it failed by that cause. Call again with one of those listed, or without `cause`.",
      about: { ...about, causes: groups.map(({ cause }) => cause) },
    });
  const { failed, inDoubt, lastRun, run } = view.status;
  const facts = {
    ...about,
    ...{ failed, inDoubt },
    ...(view.status.damaged && { damagedLines: view.scan.damageCount }),
    ...(run && { running: true }),
    ...(!run && lastRun && { lastRun: `run ${lastRun.run.run} ${endingText(lastRun.ended)}` }),
    byCause: groups.map(({ cause, items }) => ({ cause, items: items.length, ...adviceOn(cause) })),
  };
  if (groups.length === 0) return { said: "No item of it is failed.", about: facts };
  const rows = groups
    .filter(({ cause }) => wanted === undefined || cause === wanted)
    .flatMap(({ cause, items }) => byMessage(items).map((alike) => messageFacts(cause, alike)));
  return {
    said: `${numbered(failed, "failed item")}, by ${numbered(groups.length, "cause")}; one row for each kind of message.`,
    about: facts,
    rows: rows.slice(offset),
    offset,
    ...(toolsFor(host, job).includes(host.named("retry_failed")) && {
      next: `If the person wants these tried again: ${host.named("retry_failed")}, with \`causes\` or \`items\` to choose among them. Where retryHelps is "no" they fail again until something is changed.`,
    }),
  };
}

/** Messages that differ in their figures alone are of one kind. */
function byMessage(items: readonly FailedItem[]): FailedItem[][] {
  const kinds = new Map<string, FailedItem[]>();
  for (const item of items) {
    const kind = item.failure.message.slice(0, 2_000).replace(/\d+/g, "#");
    const alike = kinds.get(kind);
    if (alike) alike.push(item);
    else kinds.set(kind, [item]);
  }
  return [...kinds.values()].sort((a, b) => b.length - a.length);
}

function messageFacts(cause: string, items: readonly FailedItem[]): Record<string, unknown> {
  const { failure } = items[0]!;
  return {
    ...{ cause, message: failure.message, count: items.length },
    attempts: Math.max(...items.slice(0, 1_000).map((item) => item.failure.attempt)),
    items: items.slice(0, maxIds).map(({ item }) => idValue(item as ItemKey)),
    ...(items.length > maxIds && { moreItems: items.length - maxIds }),
  };
}

export const unreadable = (error: string, about: Record<string, unknown>): ToolError =>
  new ToolError({
    said: "Its checkpoint cannot be read. Tell the person why.",
    about: { ...about, error },
  });

async function previewResume<Job extends ToolJob>(
  host: ToolHost<Job>,
  input: ToolInput,
  signal: AbortSignal,
): Promise<ToolAnswer> {
  const job = await findJob(host, input.job as string);
  const about = { job: shownId(job), name: titleOf(job) };
  const refusal = host.refusal(job);
  if (refusal !== undefined) throw new ToolError({ said: refusal, about });
  if (job.view?.foreign) throw new ToolError({ said: foreignText, about });
  if (job.jobFile === null) throw new ToolError({ said: noJobFileText, about });
  const outcome = await host.plan(job, signal);
  if ("error" in outcome) throw noPlan(outcome.error, about);
  if ("kind" in outcome)
    return {
      said: "A program that keeps its own checkpoint does this job: what a run would do and cost is known to that program alone.",
      about,
      next: `${host.named("list_jobs")} says how it stands.`,
    };
  const { plan } = outcome;
  const { done, failed, inDoubt, gone, total, toRun, expected, saved, budget } = plan;
  const blocked = [
    ...(plan.held ? ["A run holds the job now; a second one is refused."] : []),
    ...(plan.damaged ? [`Its checkpoint is damaged: ${host.named("repair_checkpoint")} first.`] : []),
  ];
  const decides = planHasChanged(plan) && (saved.items > 0 || failed + inDoubt > 0);
  return {
    said: `Nothing was run. A run would begin ${toRun === null ? "items as they come; how many is not known" : numbered(toRun, "item")}.`,
    about: {
      ...about,
      ...{ total, done, failed, inDoubt, new: plan.new, gone, toRun },
      expected: { ...expected, ms: undefined, minutes: expected.ms === null ? null : minutes(expected.ms) },
      notSpentAgain: { items: saved.items, usd: saved.usd },
      budget: budget ?? "none is set",
      changed: changeLines(plan.changed),
    },
    next: [
      ...blocked,
      ...(decides
        ? [
            `The job changed since its results were made. Ask the person whether to keep them or to redo them, and give that to ${host.named("resume_job")} as \`changed\`.`,
          ]
        : []),
      ...(blocked.length === 0 && toRun !== 0
        ? [`If the person wants it run: ${host.named("resume_job")}.`]
        : []),
    ].join(" "),
  };
}

export const foreignText =
  "It is another tool's file, which is only read here: it cannot be run, retried or repaired. Nothing was done.";
export const noJobFileText =
  "It is a checkpoint without a job file, so it cannot be run from here: whoever wrote it runs its own program again. Nothing was done.";

export const noPlan = (error: string, about: Record<string, unknown>): ToolError =>
  new ToolError({
    said: "What a run would do cannot be told, so it cannot be run either. Tell the person why; the job file or its input has to be mended first.",
    about: { ...about, error },
  });
