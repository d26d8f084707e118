import { type ItemKey, idText } from "../runtime/format/itemId.js";
import type { Input } from "../runtime/runner/items.js";
import type { LoadedJobFile } from "../runtime/runner/loadJob.js";
import type { DoubtChoice } from "../runtime/runner/runOptions.js";
import { failureClusters } from "../view/failureClusters.js";
import { type FailureGroup, failureGroups } from "../view/failures.js";
import type { JobView } from "../view/jobView.js";
import { countText, plural, safeText, shortText, usdText } from "../view/text.js";
import { CommandError, exit } from "./exitCodes.js";
import { itemNamed } from "./itemNamed.js";
import { spentOnItems } from "./spentOnItems.js";
import { readTarget } from "./targets.js";
import { print } from "./terminal.js";

export interface RetryFlags {
  cause?: string[];
  item?: string[];
  like?: string[];
  json?: boolean;
}

const maxNamed = 20;

/**
 * The failed items that a retry does again, after saying which: also those whose retry was interrupted, so that they
 * are in doubt.
 * @throws CommandError exit 2 for a cause by which nothing failed, an item that is not failed, and where none is
 * in the input: a retry over another input would count them as gone, and do nothing
 */
export async function chooseFailed(
  job: LoadedJobFile,
  input: Input,
  flags: RetryFlags,
  inDoubt: DoubtChoice,
): Promise<ReadonlySet<ItemKey>> {
  const { checkpoint, name, label } = job;
  const view = await readTarget({ checkpoint, jobFile: job.path, name, label });
  if (view.error !== null) throw new CommandError(exit.usage, view.error);
  const { status } = view;
  const interrupted = inDoubt === "skip" ? [] : status.inDoubtItems.filter(({ open }) => open.failure);
  status.failedItems.push(...interrupted);
  const groups = failureGroups(view);
  const causes = groups.map(({ cause }) => cause);
  for (const cause of flags.cause ?? [])
    if (!causes.includes(cause))
      throw new CommandError(
        exit.usage,
        `No item of ${safeText(name)} failed by ${shortText(cause, 60)}. ${known(causes)}`,
      );
  const named = namedItems(view, groups, flags);
  const chosen = groups
    .filter(({ cause }) => !flags.cause || flags.cause.includes(cause))
    .map(({ cause, items }) => ({
      cause,
      items: items.map(({ item }) => item as ItemKey).filter((item) => !named || named.has(item)),
    }))
    .filter(({ items }) => items.length > 0);
  const items = new Set(chosen.flatMap((group) => group.items));
  const gone = leaveOutGone(items, input, { name, isNamed: flags.item !== undefined });
  if (!flags.json && items.size > 0) {
    const counts = chosen
      .map(({ cause, items: all }) => [cause, all.filter((item) => items.has(item)).length] as const)
      .filter(([, count]) => count > 0)
      .map(([cause, count]) => `${countText(count)} by ${safeText(cause)}`)
      .join(", ");
    const doubtful = interrupted.filter(({ item }) => items.has(item)).length;
    const usd = await spentOnItems(checkpoint, items);
    const spent = usd === null ? "" : ` They have cost ${usdText(usd)} so far.`;
    if (gone > 0)
      print(`${plural(gone, "failed item has", "failed items have")} left the input: not tried again.`);
    print(
      `Tries ${plural(items.size, "failed item")} again: ${counts}.${spent} What is recorded of a failure stays until its retry has succeeded.`,
    );
    if (doubtful > 0)
      print(
        `${plural(doubtful, "of them is", "of them are")} in doubt: the retry before ended before it recorded how ${doubtful === 1 ? "it" : "they"} went (--in-doubt skip leaves ${doubtful === 1 ? "it" : "them"} so).`,
      );
  }
  return items;
}

/** The items that are named, and all that failed as one of them did; undefined where none is. */
function namedItems(
  view: JobView,
  groups: readonly FailureGroup[],
  { item = [], like = [] }: RetryFlags,
): Set<ItemKey> | undefined {
  if (item.length + like.length === 0) return undefined;
  const named = new Set(item.map((id) => failedItem(view, id)));
  const wanted = new Set(like.map((id) => failedItem(view, id)));
  for (const { items } of wanted.size > 0 ? groups : [])
    for (const cluster of failureClusters(items))
      if (cluster.items.some((each) => wanted.has(each.item)))
        for (const each of cluster.items) named.add(each.item);
  return named;
}

/**
 * Takes out what has left the input since.
 * @returns how many those were
 */
function leaveOutGone(
  items: Set<ItemKey>,
  input: Input,
  { name, isNamed }: { name: string; isNamed: boolean },
): number {
  if (input.kind !== "list") return 0;
  const missing = new Set(items);
  for (const { key } of input.items) missing.delete(key);
  if (missing.size === 0) return 0;
  if (isNamed || missing.size === items.size) {
    const ids = [...missing].map((item) => shortText(idText(item), 40));
    throw new CommandError(
      exit.usage,
      `${plural(missing.size, "failed item is", "failed items are")} not in the input of ${safeText(name)}: ${listed(ids)}. Nothing was begun. Name the source that ${missing.size === 1 ? "it came" : "they came"} from with --items, as their run did.`,
    );
  }
  for (const item of missing) items.delete(item);
  return missing.size;
}

function failedItem(view: JobView, id: string): ItemKey {
  const item = itemNamed(view, id);
  if (item !== undefined && view.status.failedItems.some((entry) => entry.item === item)) return item;
  const ids = failureGroups(view).flatMap(({ items }) => items.map((each) => shortText(each.id, 40)));
  throw new CommandError(
    exit.usage,
    `${shortText(JSON.stringify(id), 60)} is no failed item of ${safeText(view.name)}. ${known(ids)}`,
  );
}

function known(names: readonly string[]): string {
  return names.length === 0 ? "Nothing of it is failed." : `Failed are: ${listed(names)}.`;
}

function listed(names: readonly string[]): string {
  const more = names.length > maxNamed ? ` and ${countText(names.length - maxNamed)} more` : "";
  return names.slice(0, maxNamed).join(", ") + more;
}
