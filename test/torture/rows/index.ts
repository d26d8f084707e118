import type { Row } from "../row.js";
import { adoption } from "./adoption.js";
import { alternating } from "./alternating.js";
import { cuts } from "./cuts.js";
import { damage, flips } from "./damage.js";
import { failingCalls, pythonFailingCalls } from "./failingCalls.js";
import { hostile } from "./hostile.js";
import { kills } from "./kills.js";
import { large } from "./large.js";
import { largeChanges } from "./largeChanges.js";
import { pythonHeir, pythonRacers, pythonStoppedOwner, racers, stoppedOwner } from "./locks.js";
import { money } from "./money.js";
import { fileSizeLimit, fullDisk, pythonFullDisk } from "./noSpace.js";
import { powerCutsExt4, powerCutsXfs, pythonPowerCuts } from "./powerCuts.js";
import { python } from "./python.js";
import { pythonCuts, pythonReading } from "./pythonReading.js";
import { pythonSystemCalls, systemCalls } from "./systemCalls.js";
import { pythonKills, writerKills } from "./writerKills.js";

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
  alternating,
  pythonReading,
  pythonCuts,
  pythonKills,
  pythonSystemCalls,
  pythonFailingCalls,
  pythonFullDisk,
  pythonPowerCuts,
  pythonRacers,
  pythonStoppedOwner,
  pythonHeir,
  large,
  largeChanges,
];

/** Those that `npm test` runs, too: what is cut, damaged or killed while it is written. */
export const dailyRows: readonly Row[] = [cuts, flips, damage, hostile, writerKills, kills];
