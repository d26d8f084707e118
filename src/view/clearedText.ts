import { t } from "./l10n.js";
import { timeText } from "./text.js";

/** What is left of a checkpoint that was moved away. */
export interface Cleared {
  /** When it was moved to its backup, milliseconds since 1970. */
  atMs: number;
  /** Its last run had done all items. */
  finished: boolean;
}

/** `finished, then cleared 2026-11-21 04:00`, as a row has room for it. */
export function clearedText({ atMs, finished }: Cleared): string {
  return finished ? t("finished, then cleared {0}", timeText(atMs)) : t("cleared {0}", timeText(atMs));
}

/** The same as lines of a tooltip. */
export function clearedDetails({ atMs, finished }: Cleared): string[] {
  return [
    ...(finished ? [t("Its last run finished.")] : []),
    t("Its checkpoint was moved to a backup {0}.", timeText(atMs)),
    t("Undo Repair or Clear… brings it back. A run starts over."),
  ];
}
