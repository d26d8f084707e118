import { dirname, join } from "node:path";
import { applyCompaction, planCompaction } from "../../src/runtime/compact.js";
import { mergeCheckpoints } from "../../src/runtime/merge.js";
import { applyRepair, clearCheckpoint, planRepairOf, undoLast } from "../../src/runtime/repair.js";

/** What a person may do to a checkpoint that is there, each as a command does it. */
export const changes = {
  repair: async (path: string) => void (await applyRepair(await planRepairOf(path))),
  compact: async (path: string) => void (await applyCompaction(await planCompaction(path))),
  clear: async (path: string) => void (await clearCheckpoint(path)),
  undo: async (path: string) => void (await undoLast(path)),
  merge: async (path: string) => void (await mergeCheckpoints([path, besideOf(path)], mergedOf(path))),
};

export type Change = keyof typeof changes;

/** The other checkpoint of a merge, and what both are merged into. */
export const besideOf = (path: string): string => join(dirname(path), "b.jsonl");
export const mergedOf = (path: string): string => join(dirname(path), "all.jsonl");
