import type { Row } from "../row.js";
import { cuts } from "./cuts.js";
import { damage, flips } from "./damage.js";
import { failingCalls } from "./failingCalls.js";
import { kills } from "./kills.js";
import { fileSizeLimit, fullDisk } from "./noSpace.js";
import { systemCalls } from "./systemCalls.js";
import { writerKills } from "./writerKills.js";

/** All rows, in the order of the table. */
export const rows: readonly Row[] = [
  cuts,
  flips,
  damage,
  writerKills,
  kills,
  systemCalls,
  failingCalls,
  fullDisk,
  fileSizeLimit,
];
