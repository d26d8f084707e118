import type { Row } from "../row.js";
import { adoption } from "./adoption.js";
import { cuts } from "./cuts.js";
import { damage, flips } from "./damage.js";
import { failingCalls } from "./failingCalls.js";
import { hostile } from "./hostile.js";
import { kills } from "./kills.js";
import { large } from "./large.js";
import { largeChanges } from "./largeChanges.js";
import { racers, stoppedOwner } from "./locks.js";
import { money } from "./money.js";
import { fileSizeLimit, fullDisk } from "./noSpace.js";
import { powerCutsExt4, powerCutsXfs } from "./powerCuts.js";
import { python } from "./python.js";
import { systemCalls } from "./systemCalls.js";
import { writerKills } from "./writerKills.js";

/** All rows, in the order of the table. */
export const rows: readonly Row[] = [
  cuts,
  flips,
  damage,
  hostile,
  writerKills,
  kills,
  money,
  systemCalls,
  failingCalls,
  fullDisk,
  fileSizeLimit,
  powerCutsExt4,
  powerCutsXfs,
  racers,
  stoppedOwner,
  python,
  adoption,
  large,
  largeChanges,
];
