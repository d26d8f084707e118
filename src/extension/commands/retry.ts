import * as vscode from "vscode";
import { failureGroups } from "../../view/failures.js";
import { labelText, plural } from "../../view/text.js";
import type { Job } from "../job.js";
import { CauseNode, FailedItemNode } from "../tree/nodes/failed.js";
import { start } from "./run.js";
import type { Handler, Services } from "./services.js";
import { requireTrust, targetOf } from "./target.js";

/** Tries failed items again: those of the rows that are selected, or by causes that a person picks. */
export const retry: Handler = async (services, argument, selected) => {
  requireTrust();
  const rows = Array.isArray(selected) && selected.includes(argument) ? selected : [argument];
  const chosen = argsByJob(rows);
  if (chosen.size > 0) {
    for (const [job, { args, count }] of chosen) await start(services, job, args, count);
    return;
  }
  const job = await targetOf(
    services.catalog,
    argument,
    "retryable",
    vscode.l10n.t("Retry failed items of which job?"),
  );
  if (job) await retryCauses(services, job);
};

/** The arguments that name what rows stand for. A cause's row stands for all of its items. */
function argsByJob(rows: readonly unknown[]): Map<Job, { args: string[]; count: number }> {
  const items = new Map<Job, Set<string>>();
  for (const row of rows) {
    if (!(row instanceof CauseNode) && !(row instanceof FailedItemNode)) continue;
    const keys = items.get(row.job) ?? new Set();
    for (const { item } of row instanceof CauseNode ? row.group.items : [row.failed]) keys.add(item);
    items.set(row.job, keys);
  }
  const only = rows.length === 1 && rows[0] instanceof CauseNode ? rows[0] : undefined;
  const argsOf = (keys: ReadonlySet<string>) => (only ? ["--cause", only.group.cause] : ["--item", ...keys]);
  return new Map([...items].map(([job, keys]) => [job, { args: argsOf(keys), count: keys.size }]));
}

async function retryCauses(services: Services, job: Job): Promise<void> {
  const groups = job.view ? failureGroups(job.view) : [];
  const picks = groups.map(({ cause, items }) => ({
    label: labelText(cause),
    description: plural(items.length, "failed item"),
    picked: true,
    cause,
    count: items.length,
  }));
  const placeHolder = vscode.l10n.t("Failures of {0}, by cause", labelText(job.name));
  const picked =
    picks.length > 1 ? await vscode.window.showQuickPick(picks, { canPickMany: true, placeHolder }) : picks;
  if (!picked || picked.length === 0) return;
  const args = picked.length === groups.length ? [] : ["--cause", ...picked.map(({ cause }) => cause)];
  const count = picked.reduce((sum, pick) => sum + pick.count, 0);
  await start(services, job, args, count);
}
