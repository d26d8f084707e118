import type { ItemKey } from "../format/itemId.js";
import type { JobStatus } from "../state/status.js";
import type { RunOptions } from "./runOptions.js";

/** Says of an item that is not done whether a run does it: one in doubt that is to be left so it does not. */
export function chosenItems(
  { only, inDoubt }: Pick<RunOptions, "only" | "inDoubt">,
  status: () => JobStatus,
): (key: ItemKey) => boolean {
  if (only) return (key) => only.has(key);
  if (inDoubt !== "skip") return () => true;
  let skipped: ReadonlySet<ItemKey> | undefined;
  return (key) => {
    skipped ??= new Set(status().inDoubtItems.map(({ item }) => item));
    return !skipped.has(key);
  };
}
