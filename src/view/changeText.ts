import type { JobPlan } from "../runtime/state/jobPlan.js";
import { plural, safeText, shortText } from "./text.js";

const maxChars = 60;
const maxFiles = 5;

/** What of a job is not as it was, a sentence each: `model changed: "small" → "large".` */
export function changeLines({ params, sources, stages, items, itemIds }: JobPlan["changed"]): string[] {
  const show = (value: unknown) =>
    value === undefined ? "none" : shortText(JSON.stringify(value), maxChars);
  const lines = params.map(
    ({ name, before, after }) =>
      `${name === "" ? "params" : safeText(name)} changed: ${show(before)} → ${show(after)}.`,
  );
  if (sources.length > 0) {
    const files = sources
      .slice(0, maxFiles)
      .map(({ file, change }) => `${safeText(file)}${change === "changed" ? "" : ` (${change})`}`);
    const more = sources.length > maxFiles ? ` and ${sources.length - maxFiles} more` : "";
    lines.push(`The job's code changed: ${files.join(", ")}${more}.`);
  }
  if (stages) lines.push("The job has other stages, or another order of them.");
  if (items > 0) {
    const ids = itemIds.slice(0, maxFiles).map((id) => shortText(String(id), maxChars));
    const more = items > ids.length ? ` and ${items - ids.length} more` : "";
    lines.push(
      `${plural(items, "done item has", "done items have")} other content now: ${ids.join(", ")}${more}.`,
    );
  }
  return lines;
}
