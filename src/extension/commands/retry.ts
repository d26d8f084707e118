import * as vscode from "vscode";
import type { ItemKey } from "../../runtime/format/itemId.js";
import { failureClusters } from "../../view/failureClusters.js";
import { failureGroups } from "../../view/failures.js";
import { labelText, plural } from "../../view/text.js";
import { Job } from "../job.js";
import { ClusterNode } from "../tree/nodes/cluster.js";
import { CauseNode } from "../tree/nodes/failed.js";
import { FailedItemNode } from "../tree/nodes/failedItem.js";
import { start } from "./run.js";
import type { Handler, Services } from "./services.js";
import { requireTrust, targetOf } from "./target.js";

/** No system takes arguments without end, and Windows no more than this. */
const maxArgsChars = 24_000;

/** Tries failed items again: those of the rows that are selected, or by causes that a person picks. */
export const retry: Handler = async (services, argument, selected) => {
  requireTrust();
  if (isChoice(argument)) {
    const { job, items = [], causes = [] } = argument;
    const failed = job.view?.status.failedItems ?? [];
    const named = new Set<ItemKey>(items as ItemKey[]);
    const count = failed.filter(
      ({ item, open }) => named.has(item) || causes.includes(open.failure?.cause ?? "other"),
    ).length;
    const args = fitting([...flags("item", items), ...flags("cause", causes)]);
    if (count > 0) await start(services, job, args, count);
    return;
  }
  const rows = Array.isArray(selected) && selected.includes(argument) ? selected : [argument];
  const chosen = chosenOf(rows);
  if (chosen.size > 0) {
    for (const [job, choice] of chosen) await start(services, job, argsOf(choice), countOf(choice));
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
const flags = (name: "cause" | "like" | "item", values: Iterable<string>): string[] =>
  Array.from(values, (value) => `--${name}=${value}`);

/** What rows of one job stand for. */
interface Choice {
  causes: CauseNode[];
  clusters: ClusterNode[];
  items: FailedItemNode[];
}

function chosenOf(rows: readonly unknown[]): Map<Job, Choice> {
  const chosen = new Map<Job, Choice>();
  const of = ({ job }: { job: Job }) => {
    const known = chosen.get(job) ?? { causes: [], clusters: [], items: [] };
    chosen.set(job, known);
    return known;
  };
  for (const row of rows) {
    if (row instanceof CauseNode) of(row).causes.push(row);
    else if (row instanceof ClusterNode) of(row).clusters.push(row);
    else if (row instanceof FailedItemNode) of(row).items.push(row);
  }
  return chosen;
}

/**
 * The arguments that name what is chosen: causes where all of it are, else one item of each cluster, and the items that
 * belong to none of these.
 * @throws Error where they are too many to be named one by one
 */
function argsOf({ causes, clusters, items }: Choice): string[] {
  if (clusters.length + items.length === 0)
    return flags(
      "cause",
      causes.map(({ group }) => group.cause),
    );
  const whole = [
    ...causes.flatMap(({ group }) => failureClusters(group.items)),
    ...clusters.map(({ cluster }) => cluster),
  ];
  const named = new Set<ItemKey>();
  const likes = new Set<ItemKey>();
  for (const cluster of whole) {
    if (!named.has(cluster.items[0]!.item)) likes.add(cluster.items[0]!.item);
    for (const { item } of cluster.items) named.add(item);
  }
  const single = items.map(({ itemKey }) => itemKey).filter((item) => !named.has(item));
  return fitting([...flags("like", likes), ...flags("item", new Set(single))]);
}

/** @throws Error where arguments are too many for a command line */
function fitting(args: string[]): string[] {
  if (args.join(" ").length <= maxArgsChars) return args;
  throw new Error(
    vscode.l10n.t(
      "{0} are too many to be named one by one: retry their causes or their messages instead.",
      plural(args.length, "row"),
    ),
  );
}

function countOf({ causes, clusters, items }: Choice): number {
  const counted = new Set<ItemKey>(items.map(({ itemKey }) => itemKey));
  for (const { group } of causes) for (const { item } of group.items) counted.add(item);
  for (const { cluster } of clusters) for (const { item } of cluster.items) counted.add(item);
  return counted.size;
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
  const options = {
    canPickMany: true as const,
    title: vscode.l10n.t("Retry failed items of {0}", labelText(job.name)),
    placeHolder: vscode.l10n.t("Those of the causes that are ticked are tried again"),
  };
  const picked = picks.length > 1 ? await vscode.window.showQuickPick(picks, options) : picks;
  if (!picked || picked.length === 0) return;
  const causes = picked.map(({ cause }) => cause);
  const args = picked.length === groups.length ? [] : flags("cause", causes);
  const count = picked.reduce((sum, pick) => sum + pick.count, 0);
  await start(services, job, args, count);
}
