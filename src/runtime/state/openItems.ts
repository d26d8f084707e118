import type { ItemKey } from "../format/itemId.js";
import type { OpenItem } from "./jobState.js";
import { PackableMap, type PackedMap } from "./packableMap.js";

/** How many items a run has tried that are in each phase. */
export type PhaseCounts = Record<OpenItem["phase"], number>;

export interface PackedOpenItems extends PackedMap {
  phases: PhaseCounts;
}

/** Items that were touched and are not done. */
export class OpenItems extends PackableMap<ItemKey, OpenItem, PackedOpenItems> {
  pack(): PackedOpenItems {
    const phases = { started: 0, failed: 0, waiting: 0 };
    for (const { phase, attempt } of this.values()) if (attempt > 0) phases[phase]++;
    return { ...this.packEntries(), phases };
  }

  /** What is counted of them without making objects of them; undefined from when somebody asks for one. */
  get packedPhases(): PhaseCounts | undefined {
    return this.packed?.phases;
  }
}
