/** Commands that show what there is. */

export { findItem } from "../search/findItem.js";
export { copyLink } from "./copyLink.js";
export { exportReport } from "./exportReport.js";
export { openCheckpoint, openLine } from "./openCheckpoint.js";
export { openJobFile } from "./openJobFile.js";
export { openResults, saveResults } from "./results.js";
export { showFailures } from "./showFailures.js";
export { retryItem, showItem, showItemInput } from "./showItem.js";
export { openLog, showItemLog } from "./showLog.js";
