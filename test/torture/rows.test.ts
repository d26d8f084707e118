import { dailyRows, rows } from "./rows/index.js";
import { testRows } from "./testRows.js";

testRows(rows.filter((row) => !dailyRows.includes(row)));
