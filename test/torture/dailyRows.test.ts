import { dailyRows } from "./rows/index.js";
import { testRows } from "./testRows.js";

testRows(dailyRows);
