import type { JobView } from "./jobView.js";
import { durationText, plural, usdText } from "./text.js";

/** What starting over would do again, in one sentence. */
export function lossText({ status, state }: JobView): string {
  if (status.done === 0) return "No item is finished yet, so no finished work would be lost.";
  const spent = [
    ...(state.doneMs === null ? [] : [`${durationText(state.doneMs)} of work`]),
    ...(state.doneUsage.usd === null ? [] : [usdText(state.doneUsage.usd)]),
  ];
  const cost = spent.length > 0 ? ` (${spent.join(", ")})` : "";
  return `The next run would do ${plural(status.done, "finished item")}${cost} again.`;
}
