import { redact } from "../runtime/redact.js";
import type { JobState } from "../runtime/state/jobState.js";
import { t } from "./l10n.js";
import { isoSecondText, safeText } from "./text.js";

interface LogLine {
  /** ISO 8601. */
  time: string;
  text: string;
  /** Whose line it is, by its number and its lock's token; undefined where the log does not say. */
  run?: { run: number; token: string } | undefined;
}

/**
 * Lines of the log as they may be shown, a line each, with their times. Our own runs write no keys; another program,
 * or an earlier version, may have. The log outlives its checkpoint: where lines are of several runs, or of one that the
 * checkpoint does not have, it says of which.
 * @param lines oldest first
 */
export function logLineTexts(lines: readonly LogLine[], { runs }: Pick<JobState, "runs">): string[] {
  const stretches: { run: LogLine["run"]; texts: string[] }[] = [];
  for (const { time, text, run } of lines) {
    let stretch = stretches.at(-1);
    if (!stretch || stretch.run?.token !== run?.token) {
      stretch = { run, texts: [] };
      stretches.push(stretch);
    }
    stretch.texts.push(`${isoSecondText(time)}  ${safeText(redact(text))}`);
  }
  const isOurs = ({ run }: Pick<LogLine, "run">) =>
    run === undefined || runs.get(run.run)?.token === run.token;
  if (stretches.length < 2 && stretches.every(isOurs)) return stretches.flatMap(({ texts }) => texts);
  return stretches.flatMap((stretch) => [headOf(stretch.run, isOurs(stretch)), ...stretch.texts]);
}

function headOf(run: LogLine["run"], isOurs: boolean): string {
  if (!run) return t("(of runs that the log does not name)");
  return isOurs ? t("(run {0})", run.run) : t("(run {0} of an earlier checkpoint)", run.run);
}
