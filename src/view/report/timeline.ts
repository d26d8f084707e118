import type { ItemKey } from "../../runtime/format/itemId.js";
import { type CheckpointRecord, isTimed, type Usage } from "../../runtime/format/record.js";

/** So many items, done at a moment. */
export interface FinishedAt {
  atMs: number;
  count: number;
}

/** Keeps the newest record of each run. That a run was lost is said by its successor: when that began, not before. */
export function noteSign(lastSignMs: Map<number, number>, record: CheckpointRecord): void {
  if (!("run" in record) || record.run === undefined || record.type === "run-lost") return;
  lastSignMs.set(record.run, Math.max(record.atMs, lastSignMs.get(record.run) ?? 0));
}

/**
 * What a report shows over time and the state does not keep, gathered record by record: when items were done, how long
 * each took, which models replied. Counts stay the state's.
 */
export class ReportTimeline {
  /** In the order of the log. What a person marked as done is left out: nothing was worked on then. */
  finished: FinishedAt[] = [];
  /** How many more were done at a time that nothing tells. */
  untimed = 0;
  durationsMs: number[] = [];
  /** In how many attempts each model was named. */
  models = new Map<string, number>();
  /** The newest record of each run, milliseconds since 1970: the last sign of one that left no end. */
  lastSignMs = new Map<number, number>();
  private done = new Set<ItemKey>();
  private inSnapshot = 0;

  take(record: CheckpointRecord): void {
    noteSign(this.lastSignMs, record);
    switch (record.type) {
      case "done":
        if (this.done.has(record.item)) return;
        this.done.add(record.item);
        if (record.by !== "person") this.finish(record.atMs, 1);
        return this.measure(record);
      case "measured":
        return this.measure(record);
      case "failed":
      case "spent":
        return this.countModel(record.usage);
      case "snapshot": {
        const count = record.items.length - this.inSnapshot;
        this.inSnapshot = record.items.length;
        if (count > 0) this.finish(record.atMs, count);
        return;
      }
      default:
        return;
    }
  }

  /** The log is read afresh. */
  restart(): void {
    Object.assign(this, new ReportTimeline());
  }

  private finish(atMs: number, count: number): void {
    if (isTimed(atMs)) this.finished.push({ atMs, count });
    else this.untimed += count;
  }

  private measure({ ms, usage }: { ms?: number; usage?: Usage }): void {
    if (ms !== undefined) this.durationsMs.push(ms);
    this.countModel(usage);
  }

  private countModel(usage: Usage | undefined): void {
    if (usage?.model !== undefined) this.models.set(usage.model, (this.models.get(usage.model) ?? 0) + 1);
  }
}
