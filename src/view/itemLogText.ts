import { redact } from "../runtime/redact.js";
import type { JobState } from "../runtime/state/jobState.js";
import { t } from "./l10n.js";
import { safeText } from "./text.js";

interface LogLine {
  /** ISO 8601. */
  time: string;
  text: string;
}

/**
 * Lines of the log as they may be shown, a line each, with their times. Our own runs write no keys; another program,
 * or an earlier version, may have. The log outlives its checkpoint: what is older than the first run is set apart.
 * @param lines oldest first
 */
export function logLineTexts(lines: readonly LogLine[], { runs }: Pick<JobState, "runs">): string[] {
  const begunMs = runs.get(1)?.startedAtMs ?? Number.NEGATIVE_INFINITY;
  const firstOwn = lines.findIndex(({ time }) => Date.parse(time) >= begunMs);
  const earlier = firstOwn === -1 ? lines.length : firstOwn;
  const texts = lines.map(({ time, text }) => `${time}  ${safeText(redact(text))}`);
  if (earlier === 0) return texts;
  const own = texts.slice(earlier);
  return [
    t("(of earlier runs, before the job started over at {0})", new Date(begunMs).toISOString()),
    ...texts.slice(0, earlier),
    ...(own.length > 0 ? [t("(since then)"), ...own] : []),
  ];
}
