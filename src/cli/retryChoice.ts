import type { ItemKey } from "../runtime/format/itemId.js";
import type { LoadedJobFile } from "../runtime/runner/loadJob.js";
import { failureGroups } from "../view/failures.js";
import type { JobView } from "../view/jobView.js";
import { plural, safeText, shortText } from "../view/text.js";
import { CommandError, exit } from "./exitCodes.js";
import { itemNamed } from "./itemNamed.js";
import { readTarget } from "./targets.js";
import { print } from "./terminal.js";

export interface RetryFlags {
  cause?: string[];
  item?: string[];
  json?: boolean;
}

const maxNamed = 20;

/**
 * The failed items that a retry does again, after saying which.
 * @throws CommandError exit 2 for a cause by which nothing failed, or an item that is not failed
 */
export async function chooseFailed(job: LoadedJobFile, flags: RetryFlags): Promise<ReadonlySet<ItemKey>> {
  const { checkpoint, name, label } = job;
  const view = await readTarget({ checkpoint, jobFile: job.path, name, label });
  if (view.error !== null) throw new CommandError(exit.usage, view.error);
  const groups = failureGroups(view);
  const causes = groups.map(({ cause }) => cause);
  for (const cause of flags.cause ?? [])
    if (!causes.includes(cause))
      throw new CommandError(
        exit.usage,
        `No item of ${safeText(name)} failed by ${shortText(cause, 60)}. ${known(causes)}`,
      );
  const named = flags.item && new Set(flags.item.map((id) => failedItem(view, id)));
  const chosen = groups
    .filter(({ cause }) => !flags.cause || flags.cause.includes(cause))
    .map(({ cause, items }) => ({
      cause,
      items: items.map(({ item }) => item as ItemKey).filter((item) => !named || named.has(item)),
    }))
    .filter(({ items }) => items.length > 0);
  const items = new Set(chosen.flatMap((group) => group.items));
  if (!flags.json && items.size > 0) {
    const counts = chosen.map((group) => `${group.items.length} by ${safeText(group.cause)}`).join(", ");
    print(
      `Tries ${plural(items.size, "failed item")} again: ${counts}. What is recorded of a failure stays until its retry has succeeded.`,
    );
  }
  return items;
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
  if (names.length === 0) return "Nothing of it is failed.";
  const more = names.length > maxNamed ? ` and ${names.length - maxNamed} more` : "";
  return `Failed are: ${names.slice(0, maxNamed).join(", ")}${more}.`;
}
