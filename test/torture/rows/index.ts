import type { Row } from "../row.js";
import { kills } from "./kills.js";

/** All rows, in the order of the table. */
export const rows: readonly Row[] = [kills];
