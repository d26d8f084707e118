/** Commands that change checkpoints. */

export { clear } from "./clear.js";
export { markAllDone, markDone } from "./markDone.js";
export { acceptRepair, repair, repairLine } from "./repair.js";
export { undo } from "./undo.js";
