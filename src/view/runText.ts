import type { RunState } from "../runtime/state/jobState.js";
import type { RunEnding } from "../runtime/state/status.js";
import { endingText } from "./jobRow.js";
import { countText, durationText, plural, safeText, shortText, timeText } from "./text.js";

/** A run as a list shows it. */
export interface RunText {
  run: RunState;
  live: boolean;
  ended: RunEnding;
  /** What its lock tells beside that. */
  lossDetail?: string | undefined;
}

const maxDetailChars = 120;

/** Ends as a row has room for them; what they leave out is in its tooltip. */
const shortEndings: Partial<Record<RunEnding, string>> = {
  "finished-with-failures": "finished with failures",
  stopped: "stopped",
  interrupted: "interrupted (Ctrl-C)",
  limit: "limit reached",
  budget: "stopped by its budget",
  deadline: "stopped by its deadline",
  "stop-condition": "stopped by a condition",
  "max-failures": "stopped, too many failed",
  auth: "stopped, not authenticated",
  error: "error",
  killed: "killed",
  "out-of-memory": "out of memory",
  reboot: "ended with its machine",
  "taken-over": "taken over",
  unknown: "ended without a word",
};

function detailOf({ run }: RunText): string {
  const { detail } = run.ended ?? {};
  return detail === undefined ? "" : shortText(detail, maxDetailChars);
}

/** How it ended, with which limit or error: `stopped by its budget: $0.58 of $0.60 is spent`. */
function endedShortly(told: RunText): string {
  const short = shortEndings[told.ended];
  const signal = told.run.ended?.signal;
  const detail = detailOf(told);
  const words = short ?? endingText(told.ended, { ...(signal && { signal }) }).replace(/^was /, "");
  return detail === "" ? words : `${words}: ${detail}`;
}

/** `killed · 12 done · 3 failed · 4 min` */
export function runRow(told: RunText): string {
  const { run, live, ended } = told;
  return [
    live ? "running" : endedShortly(told),
    `${countText(run.done)} done`,
    ...(run.failed > 0 ? [`${countText(run.failed)} failed`] : []),
    // Of another program's work nothing tells how long it took.
    ...(run.ended && ended !== "migrated" ? [durationText(run.ended.atMs - run.startedAtMs)] : []),
  ].join(" · ");
}

/** The lines of its tooltip, already safe to show. */
export function runDetails(told: RunText): string[] {
  const { run, live, ended, lossDetail } = told;
  const started = `Started ${timeText(run.startedAtMs)}, pid ${run.pid} on ${safeText(run.host)}`;
  if (live) return [started];
  const signal = run.ended?.signal;
  const words = endingText(ended, {
    ...(signal && { signal }),
    ...(lossDetail && { detail: lossDetail }),
  });
  const limit = run.ended?.detail === undefined ? "" : ` (${safeText(run.ended.detail)})`;
  const at = run.ended ? `, ${timeText(run.ended.atMs)}` : "";
  const counts = `${plural(run.done, "item")} done, ${countText(run.failed)} failed`;
  // It was none of ours.
  return [...(ended === "migrated" ? [] : [started]), `It ${words}${limit}${at}.`, counts];
}
