import type { ItemKey } from "../runtime/format/itemId.js";
import { CheckpointFollower } from "../runtime/store/follow.js";

/**
 * What all attempts at some items have cost so far, in US dollars.
 * @returns null where no record says, or where some were compacted into sums of the whole job
 */
export async function spentOnItems(checkpoint: string, items: ReadonlySet<ItemKey>): Promise<number | null> {
  const usdByRecord = new Map<string, number>();
  const follower = new CheckpointFollower(checkpoint, {
    onRecord: ({ record }) => {
      if ((record.type !== "failed" && record.type !== "spent") || !items.has(record.item)) return;
      const usd = record.usage?.usd;
      if (usd === undefined) return;
      // The same record can be there twice.
      const n = record.type === "spent" ? record.n : 0;
      usdByRecord.set(JSON.stringify([record.item, record.attempt, n]), usd);
    },
  });
  await follower.refresh();
  if (usdByRecord.size === 0 || follower.state.compactions.size > 0) return null;
  return [...usdByRecord.values()].reduce((sum, usd) => sum + usd, 0);
}
