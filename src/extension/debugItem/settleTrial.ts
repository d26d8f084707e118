import * as vscode from "vscode";
import { idText } from "../../runtime/format/itemId.js";
import { discardTrial, keepTrial, readTrial, type Trial } from "../../runtime/trial.js";
import { labelText, shortText, usdText } from "../../view/text.js";
import { requireNotHeld } from "../commands/notHeld.js";
import type { Handler, Services } from "../commands/services.js";
import { requireTrust } from "../commands/target.js";
import type { Job } from "../job.js";

const maxIdChars = 60;

/** An item's id as a message has it. */
export const shownId = (item: Trial["item"]): string => labelText(shortText(idText(item), maxIdChars));

/** Keeps or discards what a trial of a job gave, by the job's id. */
export const settleTrial: Handler = async (services, id, choice) => {
  requireTrust();
  const job = services.catalog.job(id as string);
  if (job) await settle(services, job, choice as "keep" | "discard");
};

/** Asks what becomes of a result that waits, unless there is none. Left open, it waits on. */
export async function askOverTrial(services: Services, job: Job): Promise<void> {
  const trial = await readTrial(job.checkpoint);
  if (!trial?.done) return;
  const keep = vscode.l10n.t("Keep Result");
  const discard = vscode.l10n.t("Discard");
  const show = vscode.l10n.t("Show Result");
  const text = vscode.l10n.t(
    "{0} of {1} gave a result as it was debugged.{2} Keep it as the item’s result?",
    ...[shownId(trial.item), labelText(job.name), spentText(job, trial)],
  );
  for (;;) {
    const answer = await vscode.window.showInformationMessage(text, keep, discard, show);
    if (answer === keep) return settle(services, job, "keep");
    if (answer === discard) return settle(services, job, "discard");
    if (answer !== show) return;
    await services.items.show(job, trial.item);
  }
}

/** What the trial's run cost, as a sentence after another; empty where no record says. */
export function spentText(job: Job, { run: number, token }: Trial): string {
  const run = job.view?.state.runs.get(number);
  if (!run || run.token !== token || run.usage.usd === null) return "";
  return ` ${vscode.l10n.t("It spent {0}, which counts in any case.", usdText(run.usage.usd))}`;
}

async function settle({ catalog, items }: Services, job: Job, choice: "keep" | "discard"): Promise<void> {
  const trial = await readTrial(job.checkpoint);
  if (!trial) {
    void vscode.window.showInformationMessage(vscode.l10n.t("No result waits to be kept any more."));
    return;
  }
  await requireNotHeld(job, vscode.l10n.t("then keep or discard the result"));
  const name = shownId(trial.item);
  if (choice === "discard") {
    await discardTrial(job.checkpoint);
    items.refresh(job);
    const text = vscode.l10n.t("Discarded the result of {0}.", name) + spentText(job, trial);
    void vscode.window.showInformationMessage(text);
    return;
  }
  const { isKept } = await keepTrial(job.checkpoint, job.name);
  await catalog.refreshJob(job);
  items.refresh(job);
  const text = isKept
    ? vscode.l10n.t("{0} is done with this result.", name)
    : vscode.l10n.t("{0} was done meanwhile and keeps the result that it has.", name);
  void vscode.window.showInformationMessage(text);
}
