import { lookOf, pauseText, progressText, stoppingText } from "./jobRow.js";
import type { JobView } from "./jobView.js";
import { t } from "./l10n.js";
import { counted, countText, labelText, percentText, rangeText } from "./text.js";

export interface StatusBarView {
  text: string;
  tone: "normal" | "warning";
  /** The one that is shown begins nothing until a service takes requests again. */
  paused: boolean;
  accessibleLabel: string;
}

/** The one status bar item: what runs, or null where nothing does. */
export function statusBar(views: readonly JobView[]): StatusBarView | null {
  const running = views.filter((view) => view.status.holder !== null && view.error === null);
  if (running.length === 0) return null;
  const stalled = running.filter((view) => lookOf(view) === "stalled");
  const damaged = running.find((view) => view.status.damaged);
  const tone = stalled.length > 0 || damaged ? "warning" : "normal";
  const shown = stalled[0] ?? damaged ?? running[0]!;
  const { status } = shown;
  const name = labelText(shown.name);
  const parts = [
    status.total !== null && status.total > 0 ? percentText(status.done, status.total) : progressText(shown),
    ...(status.inFlight > 0 && !shown.stopping ? [t("{0} in flight", countText(status.inFlight))] : []),
    ...phaseOf(shown),
    ...(status.failed > 0 ? [t("{0} failed", countText(status.failed))] : []),
    ...(status.damaged ? [t("damaged")] : []),
  ];
  const count = running.length > 1 ? [counted(running.length, "{0} run", "{0} runs")] : [];
  const text = [...count, `${name} ${parts[0]}`, ...parts.slice(1)].join(" · ");
  return {
    text,
    tone,
    paused: status.pause !== null && !shown.stopping,
    accessibleLabel: counted(
      running.length,
      "{0} agent job running: {1}, {2}",
      "{0} agent jobs running: {1}, {2}",
      name,
      parts.join(", "),
    ),
  };
}

function phaseOf(view: JobView): string[] {
  if (view.stopping) return [stoppingText(view)];
  if (lookOf(view) === "stalled") return [t("stalled")];
  const { pause, eta } = view.status;
  if (pause) return [pauseText(pause, view.nowMs)];
  return eta ? [rangeText(eta)] : [];
}
