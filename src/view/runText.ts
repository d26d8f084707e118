import type { RunState } from "../runtime/state/jobState.js";
import type { RunEnding } from "../runtime/state/status.js";
import { endingText } from "./jobRow.js";
import { t } from "./l10n.js";
import { counted, countText, durationText, safeText, shortText, timeText } from "./text.js";

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
const shortEndings: Partial<Record<RunEnding, () => string>> = {
  "finished-with-failures": () => t("finished with failures"),
  stopped: () => t("stopped"),
  interrupted: () => t("interrupted (Ctrl-C)"),
  limit: () => t("did what was asked"),
  budget: () => t("stopped by its budget"),
  deadline: () => t("stopped by its deadline"),
  "stop-condition": () => t("stopped by a condition"),
  "max-failures": () => t("stopped, too many failed"),
  auth: () => t("stopped, not authenticated"),
  error: () => t("error"),
  killed: () => t("killed"),
  "out-of-memory": () => t("out of memory"),
  reboot: () => t("ended with its machine"),
  "taken-over": () => t("taken over"),
  unknown: () => t("ended without a word"),
};

function detailOf({ run }: RunText): string {
  const { detail } = run.ended ?? {};
  return detail === undefined ? "" : shortText(detail, maxDetailChars);
}

/** How it ended, with which limit or error: `stopped by its budget: $0.58 of $0.60 is spent`. */
function endedShortly(told: RunText): string {
  const short = shortEndings[told.ended]?.();
  const signal = told.run.ended?.signal;
  const detail = detailOf(told);
  const words = short ?? endingText(told.ended, { ...(signal && { signal }) }).replace(/^was /, "");
  return detail === "" ? words : t("{0}: {1}", words, detail);
}

/** `killed · 12 done · 3 failed · 4 min` */
export function runRow(told: RunText): string {
  const { run, live, ended } = told;
  return [
    live ? t("running") : endedShortly(told),
    t("{0} done", countText(run.done)),
    ...(run.failed > 0 ? [t("{0} failed", countText(run.failed))] : []),
    // Of another program's work nothing tells how long it took.
    ...(run.ended && ended !== "migrated" ? [durationText(run.ended.atMs - run.startedAtMs)] : []),
  ].join(" · ");
}

/** The lines of its tooltip, already safe to show. */
export function runDetails(told: RunText): string[] {
  const { run, live, ended, lossDetail } = told;
  const started = t("Started {0}, pid {1} on {2}", timeText(run.startedAtMs), run.pid, safeText(run.host));
  if (live) return [started];
  const signal = run.ended?.signal;
  const words = endingText(ended, {
    ...(signal && { signal }),
    ...(lossDetail && { detail: lossDetail }),
  });
  const ending = run.ended?.detail === undefined ? words : t("{0} ({1})", words, safeText(run.ended.detail));
  const end = run.ended ? t("It {0}, {1}.", ending, timeText(run.ended.atMs)) : t("It {0}.", ending);
  const counts = t("{0} done, {1} failed", counted(run.done, "{0} item", "{0} items"), countText(run.failed));
  // It was none of ours.
  return [...(ended === "migrated" ? [] : [started]), end, counts];
}
