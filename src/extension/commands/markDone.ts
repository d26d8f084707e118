import * as vscode from "vscode";
import { markDoneByPerson } from "../../runtime/doubt.js";
import { type ItemKey, idText } from "../../runtime/format/itemId.js";
import { takeBackMarks } from "../../runtime/takeBackMarks.js";
import { countText, labelText, plural, shortText, timeText } from "../../view/text.js";
import type { Job } from "../job.js";
import { InDoubtItemNode } from "../tree/nodes/inDoubt.js";
import { requireNotHeld } from "./notHeld.js";
import { mayWrite } from "./place.js";
import type { Handler, Services } from "./services.js";
import { requireTrust, targetOf } from "./target.js";
import { offerUndo } from "./undo.js";

const maxListedItems = 10;
const maxIdChars = 60;

/** Marks the items in doubt whose rows are selected, or that a person picks, as done. */
export const markDone: Handler = async (services, argument, selected) => {
  requireTrust();
  const rows = rowsOf(argument, selected);
  const chosen = rows.length > 0 ? byJob(rows) : await pickItems(services, argument);
  for (const [job, items] of chosen) await mark(services, job, items);
};

/** Marks all items in doubt of a job as done. */
export const markAllDone: Handler = async (services, argument) => {
  requireTrust();
  const job = await pickJob(services, argument);
  if (job) await mark(services, job, doubtfulItems(job));
};

/** The row that was clicked and, where it is one of those that are selected, the others. */
function rowsOf(argument: unknown, selected: unknown): InDoubtItemNode[] {
  const rows = Array.isArray(selected) && selected.includes(argument) ? selected : [argument];
  return rows.filter((row) => row instanceof InDoubtItemNode);
}

function byJob(rows: readonly InDoubtItemNode[]): Map<Job, ItemKey[]> {
  const items = new Map<Job, ItemKey[]>();
  for (const { job, entry } of rows) items.set(job, [...(items.get(job) ?? []), entry.item]);
  return items;
}

const doubtfulItems = (job: Job): ItemKey[] => job.view?.status.inDoubtItems.map(({ item }) => item) ?? [];

function pickJob({ catalog }: Services, argument: unknown): Promise<Job | undefined> {
  return targetOf(catalog, argument, "markable", vscode.l10n.t("Mark items in doubt of which job?"));
}

async function pickItems(services: Services, argument: unknown): Promise<Map<Job, ItemKey[]>> {
  const job = await pickJob(services, argument);
  if (!job) return new Map();
  const picks = (job.view?.status.inDoubtItems ?? []).map(({ item, open }) => ({
    label: labelText(shortText(idText(item), maxIdChars)),
    description: vscode.l10n.t("attempt {0}, begun {1}", open.attempt, timeText(open.atMs)),
    item,
  }));
  const placeHolder = vscode.l10n.t("Which items of {0} do you know to be done?", labelText(job.name));
  const picked = await vscode.window.showQuickPick(picks, { canPickMany: true, placeHolder });
  return picked && picked.length > 0 ? new Map([[job, picked.map(({ item }) => item)]]) : new Map();
}

/** Says what it means, asks, and records the items as done. */
async function mark(services: Services, job: Job, items: readonly ItemKey[]): Promise<void> {
  const { catalog } = services;
  if (!(await mayWrite(job.checkpoint, job.name))) return;
  const then = vscode.l10n.t("then mark its items");
  await requireNotHeld(job, then);
  if (!(await agreed(job, items))) return;
  await requireNotHeld(job, then);
  const marked = await markDoneByPerson(job.checkpoint, job.ownName, items);
  await catalog.refreshJob(job);
  const name = labelText(job.name);
  const left = items.length - marked;
  const said = [
    marked > 0
      ? vscode.l10n.t("Marked {0} of {1} as done, without a result.", plural(marked, "item"), name)
      : vscode.l10n.t("Nothing was marked in {0}.", name),
    ...(left > 0 ? [vscode.l10n.t("{0} no longer in doubt.", plural(left, "item is", "items are"))] : []),
  ];
  // Lines of other programs' formats do not tell who marked them.
  const canTakeBack = marked > 0 && job.view?.scan.format === "agent-jobs";
  if (canTakeBack) offerUndo(services, job, said.join(" "), () => takeBack(job, items));
  else void vscode.window.showInformationMessage(said.join(" "));
}

async function takeBack(job: Job, items: readonly ItemKey[]): Promise<string> {
  await requireNotHeld(job, vscode.l10n.t("then mark its items"));
  const count = await takeBackMarks(job.checkpoint, items);
  return vscode.l10n.t("In doubt again: {0} of {1}.", plural(count, "item"), labelText(job.name));
}

async function agreed(job: Job, items: readonly ItemKey[]): Promise<boolean> {
  const name = labelText(job.name);
  const shown = items.slice(0, maxListedItems).map((item) => labelText(shortText(idText(item), maxIdChars)));
  const isOne = items.length === 1;
  const title = isOne
    ? vscode.l10n.t("Mark {0} of {1} as done?", shown[0] ?? "", name)
    : vscode.l10n.t("Mark {0} of {1} as done?", plural(items.length, "item"), name);
  const more = items.length - shown.length;
  const list = [...shown, ...(more > 0 ? [vscode.l10n.t("and {0} more", countText(more))] : [])];
  const detail = [
    ...(isOne ? [] : [...list, ""]),
    isOne
      ? vscode.l10n.t("It was begun, and no record says how that went.")
      : vscode.l10n.t("They were begun, and no record says how that went."),
    isOne
      ? vscode.l10n.t(
          "Marked as done it counts as done, without a result, and no run does it again. Mark it only if you know that it is done.",
        )
      : vscode.l10n.t(
          "Marked as done they count as done, without a result, and no run does them again. Mark them only if you know that they are done.",
        ),
  ].join("\n");
  const yes = vscode.l10n.t("Mark as Done");
  return (await vscode.window.showWarningMessage(title, { modal: true, detail }, yes)) === yes;
}
