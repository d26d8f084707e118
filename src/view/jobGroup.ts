import { type JobLook, lookOf } from "./jobRow.js";
import type { JobView } from "./jobView.js";
import { t } from "./l10n.js";
import { counted, countText, safeText, spokenPercent } from "./text.js";

/** What a row that stands for several checkpoints of one job file says. */
export interface JobGroupRow {
  title: string;
  /** `2,412/3,000 · 1 running · 19 failed · 3 runs` */
  description: string;
  /** The most urgent of theirs. */
  look: JobLook;
  accessibleLabel: string;
}

const byUrgency: readonly JobLook[] = [
  ...(["damaged", "stalled", "finished-with-failures", "running", "stopped"] as const),
  ...(["unreadable", "finished", "new"] as const),
];

/** Looks that a count in the row is of, and its words. */
const countedLooks: readonly [JobLook, (count: string) => string][] = [
  ["running", (count) => t("{0} running", count)],
  ["stalled", (count) => t("{0} stalled", count)],
  ["damaged", (count) => t("{0} damaged", count)],
];

/**
 * Sums up the checkpoints of one job file.
 * @param views one for each; null where it was not run yet
 */
export function jobGroupRow(name: string, views: readonly (JobView | null)[]): JobGroupRow {
  const looks = views.map(lookOf);
  const look = byUrgency.find((one) => looks.includes(one)) ?? "new";
  const begun = views.filter((view) => view !== null && lookOf(view) !== "new" && view.error === null);
  const sum = (figure: (view: JobView) => number) => begun.reduce((all, view) => all + figure(view!), 0);
  const done = sum(({ status }) => status.done);
  const total = begun.every((view) => view!.status.total !== null)
    ? sum(({ status }) => status.total ?? 0)
    : null;
  const failed = sum(({ status }) => status.failed);
  const inDoubt = sum(({ status }) => status.inDoubt);
  const states = countedLooks
    .map(([one, word]) => [looks.filter((each) => each === one).length, word] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => word(countText(count)));
  const troubles = [
    ...(failed > 0 ? [t("{0} failed", countText(failed))] : []),
    ...(inDoubt > 0 ? [t("{0} in doubt", countText(inDoubt))] : []),
  ];
  const progress = total === null ? t("{0} done", countText(done)) : `${countText(done)}/${countText(total)}`;
  const checkpoints = counted(views.length, "{0} checkpoint", "{0} checkpoints");
  const title = safeText(name);
  const spoken = [
    ...(total !== null && total > 0 ? [spokenPercent(done, total)] : []),
    ...states,
    ...troubles,
  ];
  return {
    title,
    description: [...(begun.length > 0 ? [progress] : []), ...states, ...troubles, checkpoints].join(" · "),
    look,
    accessibleLabel: [t("job {0}", title), checkpoints, ...spoken].join(", "),
  };
}
