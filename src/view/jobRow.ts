import { type Cleared, clearedDetails, clearedText } from "./clearedText.js";
import { kindText } from "./foreignText.js";
import type { JobView } from "./jobView.js";
import {
  countText,
  durationText,
  percentText,
  plural,
  rangeText,
  safeText,
  timeText,
  usdText,
} from "./text.js";

/** How a job looks at a glance; `damaged` beats all but a live run. */
export type JobLook =
  | "running"
  | "stalled"
  | "stopped"
  | "finished"
  | "finished-with-failures"
  | "damaged"
  | "unreadable"
  | "new";

export interface JobRow {
  title: string;
  /** `847/1,000 · 12 failed · 12–15 min left` */
  description: string;
  look: JobLook;
  /** For screen readers: `job nightly, running, 84 percent, 3 failed`. */
  accessibleLabel: string;
}

export function lookOf(view: JobView | null): JobLook {
  if (!view) return "new";
  const { progress, damaged } = view.status;
  if (progress === "running" || progress === "stalled" || progress === "unreadable") return progress;
  if (damaged) return "damaged";
  return progress === "empty" ? "new" : progress;
}

/** `847/1,000`, or `847 done` without a total. */
export function progressText(view: Pick<JobView, "status">): string {
  const { done, total } = view.status;
  return total === null ? `${countText(done)} done` : `${countText(done)}/${countText(total)}`;
}

/** `2 in doubt`; of another tool's file, which tells of no runs, `2 unfinished`. */
const openText = ({ status, foreign }: JobView): string =>
  `${countText(status.inDoubt)} ${foreign ? "unfinished" : "in doubt"}`;

/** What a run does between the wish to stop it and its end. */
export function stoppingText(view: JobView): string {
  return `stopping: finishing ${plural(view.status.inFlight, "item")} in flight…`;
}

/** How fast it goes: `paused 12 s: rate-limit`, or how long it takes yet; `8 of 32 at a time`; what is tried again. */
export function paceTexts(status: JobView["status"], nowMs: number): string[] {
  const { pause, eta, concurrency, run, retrying } = status;
  const most = run?.concurrency;
  const isSlower = concurrency !== null && most !== undefined && concurrency < most;
  return [
    ...(pause ? [pauseText(pause, nowMs)] : eta ? [rangeText(eta)] : []),
    ...(isSlower ? [`${countText(concurrency)} of ${countText(most)} at a time`] : []),
    ...(retrying > 0 ? [`${countText(retrying)} to be tried again`] : []),
  ];
}

export function pauseText(
  { untilMs, cause }: NonNullable<JobView["status"]["pause"]>,
  nowMs: number,
): string {
  return `paused ${durationText(Math.max(1_000, untilMs - nowMs))}: ${safeText(cause)}`;
}

const lookWords: Record<JobLook, string> = {
  running: "running",
  stalled: "stalled",
  stopped: "stopped",
  finished: "finished",
  "finished-with-failures": "finished with failures",
  damaged: "damaged",
  unreadable: "unreadable",
  new: "not run yet",
};

/** Ends in order before all was done, as a row has room for them. */
const earlyEnds: Record<string, string> = {
  budget: "budget",
  deadline: "deadline",
  "stop-condition": "stop condition",
  "max-failures": "too many failures",
  auth: "authentication",
};

/** `stopped: budget` where a limit ended the latest run, else the look's own word. */
function lookText(look: JobLook, { lastRun }: JobView["status"]): string {
  const limit = look === "stopped" ? earlyEnds[lastRun?.ended ?? ""] : undefined;
  return limit === undefined ? lookWords[look] : `${lookWords[look]}: ${limit}`;
}

/** @param cleared what is left of the checkpoint of a job that has none */
export function jobRow(name: string, view: JobView | null, cleared: Cleared | null = null): JobRow {
  const look = lookOf(view);
  const title = safeText(view?.label ? `${name} @ ${view.label}` : name);
  if (!view || look === "new" || look === "unreadable") {
    const description = cleared && look === "new" ? clearedText(cleared) : lookWords[look];
    return { title, description, look, accessibleLabel: `job ${title}, ${description}` };
  }
  const { status } = view;
  const parts = [progressText(view)];
  // The end of a row is what a narrow side bar cuts off: a reason to wait or to act comes before the counts.
  const pace = view.stopping ? [] : paceTexts(status, view.nowMs);
  const isLimited = lookText(look, status) !== lookWords[look];
  if (status.pause) parts.push(...pace);
  if (isLimited) parts.push(lookText(look, status));
  if (view.stopping) parts.push(`stopping, ${countText(status.inFlight)} in flight`);
  if (status.failed > 0) parts.push(`${countText(status.failed)} failed`);
  if (status.inDoubt > 0) parts.push(openText(view));
  if (!status.pause) parts.push(...pace);
  // A file without a total is neither finished nor stopped by anybody.
  const isPlain = look === "running" || look === "finished" || look === "finished-with-failures";
  if (view.foreign && status.damaged) parts.push(`${countText(view.scan.damageCount)} unreadable`);
  else if (!isLimited && !isPlain && !view.foreign) parts.push(lookWords[look]);
  if (view.foreign) parts.push(kindText(view.foreign));
  const spoken = [
    `job ${title}`,
    ...(view.foreign ? [`${kindText(view.foreign)}, only read`] : []),
    ...(view.foreign && look === "stopped" ? [progressText(view)] : [lookText(look, status)]),
  ];
  if (status.total !== null && status.total > 0)
    spoken.push(percentText(status.done, status.total).replace("%", " percent"));
  if (status.failed > 0) spoken.push(`${status.failed} failed`);
  if (status.inDoubt > 0) spoken.push(openText(view));
  if (status.pause) spoken.push(`paused because of ${safeText(status.pause.cause)}`);
  if (view.stopping) spoken.push("stopping");
  return { title, description: parts.join(" · "), look, accessibleLabel: spoken.join(", ") };
}

const endings: Record<string, string> = {
  finished: "finished",
  "finished-with-failures": "ended with failed items",
  stopped: "was stopped",
  interrupted: "was interrupted (Ctrl-C)",
  terminated: "was ended by a signal",
  limit: "reached its --limit",
  budget: "stopped before it would pass its budget",
  deadline: "reached its deadline",
  "stop-condition": "met a stop condition",
  "max-failures": "stopped early, as too many items failed",
  auth: "stopped early, as the service accepted no request (authentication)",
  error: "ended with an error",
  "in-doubt": "left items in doubt",
  migrated: "stands for what another program did",
  killed: "was killed",
  "out-of-memory": "was killed for want of memory",
  reboot: "ended with its machine, which went down or was restarted",
  "taken-over": "was taken over by another run",
  unknown: "ended without a word; why cannot be known",
};

/** Why a run ended, as the end of a sentence. */
export function endingText(ended: string, told: { signal?: string; detail?: string } = {}): string {
  if (ended === "terminated" && told.signal === "SIGHUP")
    return "was ended by SIGHUP (its terminal was closed)";
  if (ended === "terminated" && told.signal) return `was ended by ${told.signal}`;
  if (ended === "out-of-memory" && told.detail === "heap") return "ran out of memory (Node's heap limit)";
  return endings[ended] ?? ended;
}

/** `Run 3 was killed.` and, where something can be done about it, what. */
function lastRunText({ run, ended, detail }: NonNullable<JobView["status"]["lastRun"]>): string {
  const signal = run.ended?.signal;
  const limit = run.ended?.detail;
  const told = `${endingText(ended, { ...(signal && { signal }), ...(detail && { detail }) })}${limit ? ` (${safeText(limit)})` : ""}`;
  const advice =
    ended !== "out-of-memory"
      ? ""
      : detail === "heap"
        ? " Give it more with NODE_OPTIONS=--max-old-space-size=8192, or keep less in memory."
        : " Lower its concurrency, or give it more memory.";
  return `Run ${run.run} ${told}.${advice}`;
}

/** `800 tokens in, 100 out, $0.10`; null where no record says. */
function usageText({ usd, inputTokens, outputTokens }: JobView["state"]["usage"]): string | null {
  const hasTokens = inputTokens !== null || outputTokens !== null;
  const parts = [
    ...(hasTokens ? [`${countText(inputTokens ?? 0)} tokens in, ${countText(outputTokens ?? 0)} out`] : []),
    ...(usd === null ? [] : [usdText(usd)]),
  ];
  return parts.length > 0 ? parts.join(", ") : null;
}

const sentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}`;

/** The lines of a job's tooltip, plain text, already safe to show. */
export function jobDetails(name: string, view: JobView | null, cleared: Cleared | null = null): string[] {
  if (!view) return [safeText(name), ...(cleared ? clearedDetails(cleared) : ["Not run yet."])];
  const { status, state, scan } = view;
  const lines = [jobRow(name, view).title];
  if (view.error !== null) return [...lines, safeText(view.error), safeText(view.checkpoint)];
  const counts = [
    progressText(view),
    ...(status.failed > 0 ? [plural(status.failed, "failed item")] : []),
    ...(status.inDoubt > 0 ? [openText(view)] : []),
  ];
  lines.push(counts.join(" · "));
  if (view.foreign)
    lines.push(`${kindText(view.foreign)}: another tool's file, only read and never changed.`);
  if (status.run)
    lines.push(
      `Running since ${timeText(status.run.startedAtMs)}, pid ${status.run.pid} on ${safeText(status.run.host)}`,
    );
  if (view.stopping) lines.push(sentence(stoppingText(view)));
  else for (const text of paceTexts(status, view.nowMs)) lines.push(sentence(text));
  if (status.stages.length > 0)
    lines.push(status.stages.map((stage) => `${safeText(stage.name)} ${countText(stage.done)}`).join(" › "));
  if (status.lastRun) lines.push(lastRunText(status.lastRun));
  if (status.inDoubt > 0 && view.foreign)
    lines.push(`${plural(status.inDoubt, "item")} with neither a result nor an error.`);
  else if (status.inDoubt > 0)
    lines.push(
      `${plural(status.inDoubt, "item")} begun and not recorded as finished; a resume does ${status.inDoubt === 1 ? "it" : "them"} again.`,
    );
  if (status.damaged && view.foreign)
    lines.push(
      `${plural(scan.damageCount, "row")} that cannot be read and ${scan.damageCount === 1 ? "is" : "are"} not counted.`,
    );
  else if (status.damaged) lines.push(`${plural(scan.damageCount, "damaged line")}: repair the checkpoint.`);
  const spent = usageText(state.usage);
  if (spent !== null) lines.push(sentence(spent));
  const spentNow = status.run && state.runs.size > 1 ? usageText(status.run.usage) : null;
  if (spentNow !== null) lines.push(`Of these in this run: ${spentNow}`);
  if (state.doneMs !== null && status.done > 0 && view.foreign)
    lines.push(`${durationText(state.doneMs)} of work in ${plural(status.done, "done item")}`);
  else if (state.doneMs !== null && status.done > 0)
    lines.push(
      `A resume does not do again: ${plural(status.done, "item")}, ${durationText(state.doneMs)} of work`,
    );
  if (view.placeWarning !== null) lines.push(safeText(view.placeWarning));
  lines.push(safeText(view.checkpoint));
  return lines;
}
