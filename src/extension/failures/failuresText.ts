import * as vscode from "vscode";
import { grouping } from "../../view/failures.js";
import type { JobView } from "../../view/jobView.js";
import { plural, safeText } from "../../view/text.js";

/** An editor shows no more items of a cause than this, and no more characters. */
const maxItemsOfCause = 1_000;
const maxChars = 2_000_000;

/** What a document is made of: where none of it has changed, neither has the document. */
export function madeOf(view: JobView | null | undefined): readonly unknown[] {
  let [moments, chars] = [0, 0];
  for (const { open } of view?.status.failedItems ?? []) {
    moments += open.failure?.atMs ?? 0;
    chars += open.failure?.message.length ?? 0;
  }
  // The state is another one where the checkpoint did not only grow.
  return [view?.state, view?.name, view?.status.failed, moments, chars];
}

/** A job's failed items by cause, with their messages. Yields now and then. */
export function* failuresText(view: JobView): Generator<void, string> {
  const { failed } = view.status;
  if (failed === 0) return vscode.l10n.t("No item of {0} is failed now.", safeText(view.name));
  let text = `${safeText(view.name)}: ${plural(failed, "failed item")}\n`;
  let left = failed;
  for (const { cause, items } of yield* grouping(view)) {
    if (text.length > maxChars) break;
    text += `\n${safeText(cause)} (${items.length})\n`;
    let shown = 0;
    for (const { id, failure } of items) {
      if (shown === maxItemsOfCause || text.length > maxChars) break;
      text += [`  ${safeText(id)}`, ...indented(failure.message, "    "), ""].join("\n");
      shown++;
      yield;
    }
    if (shown < items.length) text += `  ${moreText(items.length - shown)}\n`;
    left -= items.length;
  }
  return left > 0 ? `${text}\n${moreText(left)}\n` : text;
}

const moreText = (count: number): string => vscode.l10n.t("… {0}", plural(count, "more failed item"));

/** Text of several lines, each of them safe, set in. */
function indented(text: string, by: string): string[] {
  return text.split(/\r?\n/).map((line) => by + safeText(line));
}
