import * as vscode from "vscode";
import { idText } from "../../runtime/format/itemId.js";
import { type FoundItem, type ItemSearch, searchItems } from "../../view/itemSearch.js";
import type { JobView } from "../../view/jobView.js";
import { counted, countText, labelText, shortText } from "../../view/text.js";
import { start } from "../commands/run.js";
import type { Handler, Services } from "../commands/services.js";
import { targetOf } from "../commands/target.js";
import { innerCommandIds } from "../ids.js";
import type { Job } from "../job.js";
import { reportFailure, unawaited } from "../log.js";
import { inSlices } from "../slices.js";
import { FailedNode } from "../tree/nodes/failed.js";
import { icon } from "../tree/nodes/node.js";

/** As many as a person reads through; who has more types more. */
const maxPicks = 100;
const maxIdChars = 80;
const maxMessageChars = 200;

interface ItemPick extends vscode.QuickPickItem {
  found?: FoundItem;
}

const icons: Record<FoundItem["state"], () => vscode.ThemeIcon> = {
  failed: () => icon("error", "bad"),
  "in doubt": () => icon("question", "warn"),
  "in flight": () => icon("sync", "busy"),
  done: () => icon("pass", "good"),
};

/** Lets a person find one of a job's items by what they type, and opens it. */
export const findItem: Handler = async (services, argument) => {
  const job = await targetOf(
    services.catalog,
    argument,
    "openable",
    vscode.l10n.t("Find an item of which job?"),
  );
  if (job) showPicker(services, job, argument instanceof FailedNode);
};

function showPicker(services: Services, job: Job, onlyFailed: boolean): void {
  const picker = vscode.window.createQuickPick<ItemPick>();
  const retry = { iconPath: new vscode.ThemeIcon("debug-restart"), tooltip: vscode.l10n.t("Retry") };
  const title = onlyFailed
    ? vscode.l10n.t("Failed items of {0}", labelText(job.name))
    : vscode.l10n.t("Items of {0}", labelText(job.name));
  picker.title = title;
  picker.placeholder = onlyFailed
    ? vscode.l10n.t("A part of an id, a cause or a message")
    : vscode.l10n.t("A part of an id, a cause or a message; done items by their ids");
  let searches = 0;
  const search = async (typed: string) => {
    const number = ++searches;
    const isStale = () => number !== searches;
    const { view } = job;
    if (!view) return;
    picker.busy = true;
    const result = await inSlices(searchItems(view, typed, { max: maxPicks, onlyFailed }), isStale);
    if (!result || isStale()) return;
    const canRetry = job.capabilities(vscode.workspace.isTrusted).has("retryable");
    picker.items =
      result.found.length > 0
        ? picksOf(result, canRetry ? retry : null)
        : [{ label: nothingText(view, typed, onlyFailed), alwaysShow: true }];
    picker.title = result.isMore
      ? vscode.l10n.t("{0}: the first {1}, type more to narrow them down", title, countText(maxPicks))
      : title;
    picker.busy = false;
  };
  const open = async (found: FoundItem) => {
    picker.hide();
    const isFailure = found.state === "failed" && !job.view?.foreign;
    const command = isFailure ? innerCommandIds.showFailure : innerCommandIds.showItem;
    await vscode.commands.executeCommand(command, job.id, found.item);
  };
  const retryOne = async ({ item }: FoundItem) => {
    picker.hide();
    try {
      await start(services, job, [`--item=${item}`], 1);
    } catch (error) {
      reportFailure(services.log, "Retry", error);
    }
  };
  const { log } = services;
  picker.onDidChangeValue((typed) => unawaited(log, "search", search(typed)));
  picker.onDidAccept(() => {
    const found = picker.selectedItems[0]?.found;
    if (found) unawaited(log, "item", open(found));
  });
  picker.onDidTriggerItemButton(({ item: { found } }) => {
    if (found) unawaited(log, "retry", retryOne(found));
  });
  picker.onDidHide(() => {
    searches++;
    picker.dispose();
  });
  unawaited(log, "search", search(""));
  picker.show();
}

/** We have filtered already: VS Code is to show all of them, whatever it makes of what was typed. */
function picksOf({ found }: ItemSearch, retry: vscode.QuickInputButton | null): ItemPick[] {
  return found.map((one) => {
    const { item, failed, state } = one;
    const label = labelText(shortText(idText(item), maxIdChars));
    const base = { label, iconPath: icons[state](), alwaysShow: true, found: one };
    if (!failed) return { ...base, description: stateText(state) };
    const { cause, message } = failed.failure;
    return {
      ...base,
      description: labelText(shortText(cause, maxIdChars)),
      detail: labelText(shortText(message, maxMessageChars)),
      ...(retry && { buttons: [retry] }),
    };
  });
}

/** Done items are not listed before something is typed: until then nothing was looked for that could match. */
function nothingText({ state }: JobView, typed: string, onlyFailed: boolean): string {
  if (typed.trim() !== "") return vscode.l10n.t("No item matches.");
  if (onlyFailed) return vscode.l10n.t("No item is failed now.");
  if (state.done.size === 0) return vscode.l10n.t("The checkpoint tells of no item yet.");
  return counted(
    state.done.size,
    "Type a part of the id of the {0} done item.",
    "Type a part of the id of one of the {0} done items.",
  );
}

function stateText(state: FoundItem["state"]): string {
  switch (state) {
    case "failed":
      return vscode.l10n.t("failed");
    case "in doubt":
      return vscode.l10n.t("in doubt");
    case "in flight":
      return vscode.l10n.t("in flight");
    case "done":
      return vscode.l10n.t("done");
  }
}
