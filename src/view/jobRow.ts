import { type Cleared, clearedDetails, clearedText } from "./clearedText.js";
import { kindText } from "./foreignText.js";
import type { JobView } from "./jobView.js";
import { t } from "./l10n.js";
import {
  counted,
  countText,
  durationText,
  itemTimeText,
  plural,
  rangeText,
  safeText,
  spokenPercent,
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

/** How a page shows a job: `read` is a file that others write, of which nothing tells of a run. */
export type ShownLook = JobLook | "read";

export const shownLook = (view: JobView | null): ShownLook => (isRead(view) ? "read" : lookOf(view));

/** Whether no run of ours is known of what is not whole: nobody stopped anything, and what it counts is all there is to say. */
export const isRead = (view: JobView | null): boolean =>
  view !== null && lookOf(view) === "stopped" && view.state.runs.size === 0;

/** `847/1,000`, or `847 done` without a total. */
export function progressText(view: Pick<JobView, "status">): string {
  const { done, total } = view.status;
  return total === null ? t("{0} done", countText(done)) : `${countText(done)}/${countText(total)}`;
}

/** `2 in doubt`; of another tool's file, which tells of no runs, `2 unfinished`. */
const openText = ({ status, foreign }: JobView): string =>
  foreign ? t("{0} unfinished", countText(status.inDoubt)) : t("{0} in doubt", countText(status.inDoubt));

/** What a run does between the wish to stop it and its end. */
export function stoppingText(view: JobView): string {
  return counted(
    view.status.inFlight,
    "stopping: finishing {0} item in flight…",
    "stopping: finishing {0} items in flight…",
  );
}

/** How fast it goes: `paused 12 s: rate-limit`, or how long it takes yet; `slowed to 8 of 32 at a time`; what is tried again. */
export function paceTexts(status: JobView["status"], nowMs: number): string[] {
  const { pause, eta, concurrency, run, retrying } = status;
  const most = run?.concurrency;
  const isSlower = concurrency !== null && most !== undefined && concurrency < most;
  return [
    ...(pause ? [pauseText(pause, nowMs)] : eta ? [rangeText(eta)] : []),
    ...(isSlower ? [t("slowed to {0} of {1} at a time", countText(concurrency), countText(most))] : []),
    ...(retrying > 0 ? [t("{0} to be tried again", countText(retrying))] : []),
  ];
}

export function pauseText(
  { untilMs, cause }: NonNullable<JobView["status"]["pause"]>,
  nowMs: number,
): string {
  return t("paused {0}: {1}", durationText(Math.max(1_000, untilMs - nowMs)), safeText(cause));
}

const lookWords: Record<JobLook, () => string> = {
  running: () => t("running"),
  stalled: () => t("stalled"),
  stopped: () => t("stopped"),
  finished: () => t("finished"),
  "finished-with-failures": () => t("finished with failures"),
  damaged: () => t("damaged"),
  unreadable: () => t("unreadable"),
  new: () => t("not run yet"),
};

/** Ends in order before all was done, as a row has room for them. */
const earlyEnds: Record<string, () => string> = {
  budget: () => t("budget"),
  deadline: () => t("deadline"),
  "stop-condition": () => t("stop condition"),
  "max-failures": () => t("too many failures"),
  auth: () => t("authentication"),
};

/** Ends that nobody wanted, as a row has room for them. */
const suddenEnds: Record<string, () => string> = {
  killed: () => t("killed"),
  "out-of-memory": () => t("out of memory"),
  reboot: () => t("ended with its machine"),
  error: () => t("error"),
};

/** What a table has of an end, whose word comes from a file. */
const own = (table: Record<string, () => string>, ended = ""): (() => string) | undefined =>
  Object.hasOwn(table, ended) ? table[ended] : undefined;

/** Whether a limit ended the latest run, which a person may have to raise. */
const isLimited = (look: JobLook, { lastRun }: JobView["status"]): boolean =>
  look === "stopped" && own(earlyEnds, lastRun?.ended) !== undefined;

/** Whether the latest run ended without wanting to: the icon of its row says so. */
export const isSudden = (look: JobLook, status?: JobView["status"]): boolean =>
  look === "stopped" && own(suddenEnds, status?.lastRun?.ended) !== undefined;

/** Whether its run did all that it was to do, and something is to be done since: a repair dropped it, or it was taken back. */
function isReopened({ lastRun, remaining, inDoubt }: JobView["status"]): boolean {
  const ended = lastRun?.ended;
  const isLeft = (remaining ?? 0) > 0 || inDoubt > 0;
  return isLeft && (ended === "finished" || ended === "finished-with-failures");
}

/** Of a file of which no run is known: that items are missing, where it says how many there are, and has some. */
function incompleteTexts(view: JobView): string[] {
  const { total, done, failed, inDoubt } = view.status;
  return isRead(view) && total !== null && done + failed + inDoubt > 0 ? [t("incomplete")] : [];
}

/**
 * `stopped: budget` where a limit ended the latest run, `killed` where it had no end of its own, counts where no run is
 * known, else the look's own word.
 */
export function lookText(look: JobLook, view?: JobView | null): string {
  if (look !== "stopped" || !view) return lookWords[look]();
  if (isRead(view)) return incompleteTexts(view)[0] ?? countsText(view);
  const { status } = view;
  if (isReopened(status)) return t("unfinished");
  const ended = status.lastRun?.ended ?? "";
  const limit = own(earlyEnds, ended);
  return limit ? t("{0}: {1}", lookWords[look](), limit()) : (own(suddenEnds, ended) ?? lookWords[look])();
}

/** Whether something is left to do that nothing can do, as the job's file is gone. */
export const isStranded = ({ goneJobFile, status }: JobView): boolean =>
  goneJobFile !== null && status.progress !== "finished" && !status.run;

/** That the job file is gone, and what is to be done about it where something is left to do; undefined where it is there. */
export function strandedText(view: JobView): string | undefined {
  if (view.goneJobFile === null || view.status.run) return undefined;
  const name = safeText(view.goneJobFile.split("/").at(-1)!);
  return isStranded(view)
    ? t("Its job file {0} is gone: bring it back, or give it its old name, to go on.", name)
    : t("Its job file {0} is gone.", name);
}

/** @param cleared what is left of the checkpoint of a job that has none */
export function jobRow(name: string, view: JobView | null, cleared: Cleared | null = null): JobRow {
  const look = lookOf(view);
  const title = safeText(view?.label ? `${name} @ ${view.label}` : name);
  if (!view || look === "new" || look === "unreadable") {
    const description = cleared && look === "new" ? clearedText(cleared) : lookWords[look]();
    return { title, description, look, accessibleLabel: t("job {0}, {1}", title, description) };
  }
  const { status } = view;
  const parts = [progressText(view)];
  // The end of a row is what a narrow side bar cuts off: a reason to wait or to act comes before the counts.
  const pace = view.stopping ? [] : paceTexts(status, view.nowMs);
  const endsFirst = isLimited(look, status);
  const incomplete = incompleteTexts(view);
  if (status.pause) parts.push(...pace);
  const isUrgent = (look === "damaged" || look === "stalled") && !view.foreign;
  if (endsFirst || isUrgent) parts.push(lookText(look, view));
  if (view.stopping) parts.push(t("stopping, {0} in flight", countText(status.inFlight)));
  if (status.failed > 0) parts.push(t("{0} failed", countText(status.failed)));
  if (status.inDoubt > 0) parts.push(openText(view));
  if (!status.pause) parts.push(...pace);
  if (view.foreign && status.damaged) parts.push(t("{0} unreadable", countText(view.scan.damageCount)));
  else if (isRead(view)) parts.push(...incomplete);
  else if (look === "stopped" && !endsFirst) parts.push(lookText(look, view));
  if (isStranded(view)) parts.push(t("job file gone"));
  if (view.foreign) parts.push(kindText(view.foreign));
  const spoken = [
    t("job {0}", title),
    ...(view.foreign ? [t("{0}, only read", kindText(view.foreign))] : []),
    ...(isRead(view) ? [progressText(view), ...incomplete] : [lookText(look, view)]),
  ];
  if (status.total !== null && status.total > 0) spoken.push(spokenPercent(status.done, status.total));
  if (status.failed > 0) spoken.push(t("{0} failed", status.failed));
  if (status.inDoubt > 0) spoken.push(openText(view));
  if (status.pause) spoken.push(t("paused because of {0}", safeText(status.pause.cause)));
  if (view.stopping) spoken.push(t("stopping"));
  if (isStranded(view)) spoken.push(t("job file gone"));
  return { title, description: parts.join(" · "), look, accessibleLabel: spoken.join(", ") };
}

const endings: Record<string, () => string> = {
  finished: () => t("finished"),
  "finished-with-failures": () => t("ended with failed items"),
  stopped: () => t("was stopped"),
  interrupted: () => t("was interrupted (Ctrl-C)"),
  terminated: () => t("was ended by a signal"),
  // A limit, or a choice of some items: the rest was not asked for.
  limit: () => t("did what it was asked to, and left the rest"),
  budget: () => t("stopped before it would pass its budget"),
  deadline: () => t("reached its deadline"),
  "stop-condition": () => t("met a stop condition"),
  "max-failures": () => t("stopped early, as too many items failed"),
  auth: () => t("stopped early, as the service accepted no request (authentication)"),
  error: () => t("ended with an error"),
  "in-doubt": () => t("left items in doubt"),
  migrated: () => t("stands for what another program did"),
  killed: () => t("was killed"),
  "out-of-memory": () => t("was killed for want of memory"),
  reboot: () => t("ended with its machine, which went down or was restarted"),
  "taken-over": () => t("was taken over by another run"),
  unknown: () => t("ended without a word; why cannot be known"),
};

/** Why a run ended, as the end of a sentence. */
export function endingText(ended: string, told: { signal?: string; detail?: string } = {}): string {
  if (ended === "terminated" && told.signal === "SIGHUP")
    return t("was ended by SIGHUP (its terminal was closed)");
  if (ended === "terminated" && told.signal) return t("was ended by {0}", told.signal);
  if (ended === "out-of-memory" && told.detail === "heap") return t("ran out of memory (Node's heap limit)");
  return endings[ended]?.() ?? ended;
}

/** `Run 3 was killed.` and, where something can be done about it, what. */
export function lastRunText({ run, ended, detail }: NonNullable<JobView["status"]["lastRun"]>): string {
  const signal = run.ended?.signal;
  const limit = run.ended?.detail;
  const told = endingText(ended, { ...(signal && { signal }), ...(detail && { detail }) });
  const end = limit
    ? t("Run {0} {1} ({2}).", run.run, told, safeText(limit))
    : t("Run {0} {1}.", run.run, told);
  if (ended !== "out-of-memory") return end;
  const advice =
    detail === "heap"
      ? t("Give it more with NODE_OPTIONS=--max-old-space-size=8192, or keep less in memory.")
      : t("Lower its concurrency, or give it more memory.");
  return `${end} ${advice}`;
}

/** `800 tokens in, 100 out, $0.10`; null where no record says. */
function usageText({ usd, inputTokens, outputTokens }: JobView["state"]["usage"]): string | null {
  const hasTokens = inputTokens !== null || outputTokens !== null;
  const parts = [
    ...(hasTokens
      ? [t("{0} tokens in, {1} out", countText(inputTokens ?? 0), countText(outputTokens ?? 0))]
      : []),
    ...(usd === null ? [] : [usdText(usd)]),
  ];
  return parts.length > 0 ? parts.join(", ") : null;
}

/** Whether every item has an end: it is done, or failed. */
const isOver = ({ progress }: JobView["status"]): boolean =>
  progress === "finished" || progress === "finished-with-failures";

/** Of a run that ended early although no item is left: how it ended alone would sound as if some were. */
function overText({ run, ended, detail }: NonNullable<JobView["status"]["lastRun"]>): string | undefined {
  if (ended === "limit") return t("Run {0} did what it was asked to.", run.run);
  if (["finished", "finished-with-failures", "migrated"].includes(ended)) return undefined;
  const signal = run.ended?.signal;
  const told = endingText(ended, { ...(signal && { signal }), ...(detail && { detail }) });
  return t("No item is without an end, although run {0} {1}.", run.run, told);
}

/** How the run before ended, beside what there is now; undefined before the first. */
export function lastRunLine({ status }: JobView): string | undefined {
  if (!status.lastRun) return undefined;
  const last = lastRunText(status.lastRun);
  if (status.run) return t("Before: {0}", last);
  if (isOver(status)) return overText(status.lastRun) ?? last;
  return isReopened(status) ? t("{0} Since then there is something to do again.", last) : last;
}

export const sentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}`;

/** `847/1,000 · 3 failed items · 2 in doubt` */
function countsText(view: JobView): string {
  const { failed, inDoubt } = view.status;
  return [
    progressText(view),
    ...(failed > 0 ? [plural(failed, "failed item")] : []),
    ...(inDoubt > 0 ? [openText(view)] : []),
  ].join(" · ");
}

/** Who goes on with a checkpoint that no job file is listed for; undefined where nothing is left to do, or a run is on. */
export function goneOnByText(view: JobView): string | undefined {
  if (
    view.error !== null ||
    view.foreign ||
    view.goneJobFile !== null ||
    view.status.run ||
    isOver(view.status)
  )
    return undefined;
  return t("No job file is listed for it: the program that wrote it goes on with it when it is run again.");
}

/** The lines of a job's tooltip, plain text, already safe to show. */
export function jobDetails(name: string, view: JobView | null, cleared: Cleared | null = null): string[] {
  if (!view) return [safeText(name), ...(cleared ? clearedDetails(cleared) : [t("Not run yet.")])];
  const { status, state, scan } = view;
  const lines = [jobRow(name, view).title];
  if (view.error !== null) return [...lines, safeText(view.error), safeText(view.checkpoint)];
  lines.push([countsText(view), ...incompleteTexts(view)].join(" · "));
  if (view.foreign)
    lines.push(t("{0}: another tool's file, only read and never changed.", kindText(view.foreign)));
  if (status.run)
    lines.push(
      t(
        "Running since {0}, pid {1} on {2}",
        timeText(status.run.startedAtMs),
        status.run.pid,
        safeText(status.run.host),
      ),
    );
  if (view.stopping) lines.push(sentence(stoppingText(view)));
  else for (const text of paceTexts(status, view.nowMs)) lines.push(sentence(text));
  if (status.stages.length > 0)
    lines.push(status.stages.map((stage) => `${safeText(stage.name)} ${countText(stage.done)}`).join(" › "));
  const lastRun = lastRunLine(view);
  if (lastRun !== undefined) lines.push(lastRun);
  if (status.inDoubt > 0 && view.foreign)
    lines.push(
      counted(
        status.inDoubt,
        "{0} item with neither a result nor an error.",
        "{0} items with neither a result nor an error.",
      ),
    );
  else if (status.inDoubt > 0)
    lines.push(
      counted(
        status.inDoubt,
        "{0} item begun and not recorded as finished; the next run does it again.",
        "{0} items begun and not recorded as finished; the next run does them again.",
      ),
    );
  if (status.damaged && view.foreign)
    lines.push(
      counted(
        scan.damageCount,
        "{0} row that cannot be read and is not counted.",
        "{0} rows that cannot be read and are not counted.",
      ),
    );
  else if (status.damaged)
    lines.push(
      counted(
        scan.damageCount,
        "{0} damaged line: repair the checkpoint.",
        "{0} damaged lines: repair the checkpoint.",
      ),
    );
  else if (scan.tornTail && !status.run && !view.foreign)
    lines.push(t("Its last line is cut short, as by a kill while it was written: Repair… ends it."));
  const spent = usageText(state.usage);
  if (spent !== null) lines.push(sentence(spent));
  const spentNow = status.run && state.runs.size > 1 ? usageText(status.run.usage) : null;
  if (spentNow !== null) lines.push(t("Of these in this run: {0}", spentNow));
  if (state.doneMs !== null && status.done > 0 && view.foreign)
    lines.push(t("{0} in {1}", itemTimeText(state.doneMs), plural(status.done, "done item")));
  else if (state.doneMs !== null && status.done > 0 && !isStranded(view))
    lines.push(
      t("Kept, and not done again: {0}, {1}", plural(status.done, "item"), itemTimeText(state.doneMs)),
    );
  const stranded = strandedText(view);
  if (stranded !== undefined) lines.push(stranded);
  if (view.placeWarning !== null) lines.push(safeText(view.placeWarning));
  lines.push(safeText(view.checkpoint));
  return lines;
}
