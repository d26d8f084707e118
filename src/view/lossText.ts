import type { JobView } from "./jobView.js";
import { t } from "./l10n.js";
import { counted, itemTimeText, usdText } from "./text.js";

/** What starting over would do again, in one sentence. */
export function lossText({ status, state }: JobView): string {
  if (status.done === 0) return t("No item is finished yet, so no finished work would be lost.");
  const spent = [
    ...(state.doneMs === null ? [] : [itemTimeText(state.doneMs)]),
    ...(state.doneUsage.usd === null ? [] : [usdText(state.doneUsage.usd)]),
  ];
  if (spent.length > 0)
    return counted(
      status.done,
      "The next run would do {0} finished item ({1}) again.",
      "The next run would do {0} finished items ({1}) again.",
      spent.join(", "),
    );
  return counted(
    status.done,
    "The next run would do {0} finished item again.",
    "The next run would do {0} finished items again.",
  );
}
