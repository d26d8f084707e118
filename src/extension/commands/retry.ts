import * as vscode from "vscode";
import { failureGroups } from "../../view/failures.js";
import { labelText, plural } from "../../view/text.js";
import { Job } from "../job.js";
import { CauseNode, FailedItemNode } from "../tree/nodes/failed.js";
import { start } from "./run.js";
import type { Handler, Services } from "./services.js";
import { requireTrust, targetOf } from "./target.js";

/** Tries failed items again: those of the rows that are selected, or by causes that a person picks. */
export const retry: Handler = async (services, argument, selected) => {
  requireTrust();
  if (isChoice(argument)) {
    const { job, items = [], causes = [] } = argument;
    const failed = job.view?.status.failedItems ?? [];
    const count = failed.filter(
      ({ item, open }) => items.includes(item) || causes.includes(open.failure?.cause ?? "other"),
    ).length;
    if (count > 0) await start(services, job, [...flags("item", items), ...flags("cause", causes)], count);
    return;
  }
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

/** Failed items that were chosen elsewhere than in the tree: by their keys, or all of some causes. */
interface RetryChoice {
  job: Job;
  items?: readonly string[];
  causes?: readonly string[];
}

const isChoice = (argument: unknown): argument is RetryChoice => {
  const { job, items, causes } = (argument ?? {}) as Partial<RetryChoice>;
  return job instanceof Job && (Array.isArray(items) || Array.isArray(causes));
};

/** `--cause=a`: a name comes from a file, and one that begins with dashes must not pass for a flag. */
const flags = (name: "cause" | "item", values: Iterable<string>): string[] =>
  Array.from(values, (value) => `--${name}=${value}`);

/** The arguments that name what rows stand for: causes where all of them are, else items. */
function argsByJob(rows: readonly unknown[]): Map<Job, { args: string[]; count: number }> {
  const chosen = new Map<Job, { causes: Set<string>; items: Set<string>; isCausesAlone: boolean }>();
  for (const row of rows) {
    if (!(row instanceof CauseNode) && !(row instanceof FailedItemNode)) continue;
    const of = chosen.get(row.job) ?? { causes: new Set(), items: new Set(), isCausesAlone: true };
    chosen.set(row.job, of);
    if (row instanceof CauseNode) of.causes.add(row.group.cause);
    else of.isCausesAlone = false;
    for (const { item } of row instanceof CauseNode ? row.group.items : [row.failed]) of.items.add(item);
  }
  return new Map(
    [...chosen].map(([job, { causes, items, isCausesAlone }]) => [
      job,
      { args: isCausesAlone ? flags("cause", causes) : flags("item", items), count: items.size },
    ]),
  );
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
  const causes = picked.map(({ cause }) => cause);
  const args = picked.length === groups.length ? [] : flags("cause", causes);
  const count = picked.reduce((sum, pick) => sum + pick.count, 0);
  await start(services, job, args, count);
}
