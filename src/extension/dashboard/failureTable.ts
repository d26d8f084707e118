import * as vscode from "vscode";
import type { ItemKey } from "../../runtime/format/itemId.js";
import { FailurePick, type FailureQuery } from "../../view/dashboard/failures.js";
import type { JobView } from "../../view/jobView.js";
import { countText } from "../../view/text.js";
import type { Job } from "../job.js";
import type { ShownFailures } from "./protocol.js";

/** So many failures are looked at between two turns of everybody else. */
const failuresOfSlice = 4_000;

/** The rows of failures that a page is told of, and which items its numbers stand for. */
export class FailureTable {
  private readonly keys: ItemKey[] = [];
  private readonly refs = new Map<ItemKey, number>();

  /** The item that a page's number stands for; undefined where it was told of none. */
  keyOf(ref: number): ItemKey | undefined {
    return this.keys[ref];
  }

  /**
   * The failures that a query asks for; undefined once nobody waits for them.
   * @param isAwaited asked between two pieces of the work
   */
  async of(
    view: JobView | null,
    job: Job | undefined,
    query: FailureQuery,
    isAwaited: () => boolean,
  ): Promise<ShownFailures | undefined> {
    await job?.unpack();
    const pick = new FailurePick(query);
    const failed = view?.status.failedItems ?? [];
    for (let next = 0; next < failed.length; next++) {
      if (next > 0 && next % failuresOfSlice === 0) await new Promise(setImmediate);
      if (!isAwaited()) return undefined;
      pick.take(failed[next]!);
    }
    const { rows, ...picked } = pick.result();
    const canRetry = job?.capabilities(vscode.workspace.isTrusted).has("retryable") ?? false;
    return {
      ...picked,
      rows: rows.map(({ key, ...row }) => ({ ref: this.refOf(key), ...row })),
      canRetry,
      whyNot: canRetry ? "" : whyNot(view, job),
      shownText: shownText(rows.length, picked),
    };
  }

  private refOf(key: ItemKey): number {
    const known = this.refs.get(key);
    if (known !== undefined) return known;
    this.refs.set(key, this.keys.length);
    return this.keys.push(key) - 1;
  }
}

function whyNot(view: JobView | null, job: Job | undefined): string {
  if (!view || view.status.failed === 0) return "";
  if (view.foreign) return vscode.l10n.t("Another tool’s file is only read.");
  if (!vscode.workspace.isTrusted) return vscode.l10n.t("In Restricted Mode nothing is run.");
  if (view.status.run) return vscode.l10n.t("Failed items can be tried again when the run has ended.");
  if (view.status.damaged) return vscode.l10n.t("Repair the checkpoint first, then try again.");
  return job?.jobFile ? "" : vscode.l10n.t("No job file is known that could try them again.");
}

function shownText(shown: number, { matching, total }: Pick<ShownFailures, "matching" | "total">): string {
  if (total === 0) return "";
  const all = countText(total);
  if (matching === total) return shown === total ? all : vscode.l10n.t("{0} of {1}", countText(shown), all);
  const some = vscode.l10n.t("{0} of {1} match", countText(matching), all);
  return shown === matching ? some : vscode.l10n.t("{0}, {1} listed", some, countText(shown));
}
