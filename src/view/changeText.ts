import type { JobPlan } from "../runtime/state/jobPlan.js";
import { t } from "./l10n.js";
import { counted, safeText, shortText } from "./text.js";

const maxChars = 60;
const maxFiles = 5;

const fileTexts: Record<JobPlan["changed"]["sources"][number]["change"], (file: string) => string> = {
  changed: (file) => file,
  added: (file) => t("{0} (added)", file),
  removed: (file) => t("{0} (removed)", file),
};

/** What of a job is not as it was, a sentence each: `model changed: "small" → "large".` */
export function changeLines({ params, sources, stages, items, itemIds }: JobPlan["changed"]): string[] {
  const show = (value: unknown) =>
    value === undefined ? t("none") : shortText(JSON.stringify(value), maxChars);
  const lines = params.map(({ name, before, after }) =>
    t("{0} changed: {1} → {2}.", name === "" ? t("params") : safeText(name), show(before), show(after)),
  );
  if (sources.length > 0) {
    const files = sources.slice(0, maxFiles).map(({ file, change }) => fileTexts[change](safeText(file)));
    lines.push(t("The job's code changed: {0}.", listText(files, sources.length)));
  }
  if (stages) lines.push(t("The job has other stages, or another order of them."));
  if (items > 0) {
    const ids = itemIds.slice(0, maxFiles).map((id) => shortText(String(id), maxChars));
    lines.push(
      counted(
        items,
        "{0} done item has other content now: {1}.",
        "{0} done items have other content now: {1}.",
        listText(ids, items),
      ),
    );
  }
  return lines;
}

/** The first of a list, and how many more there are. */
const listText = (shown: readonly string[], all: number): string =>
  all > shown.length ? t("{0} and {1} more", shown.join(", "), all - shown.length) : shown.join(", ");
