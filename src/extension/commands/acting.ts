/** Commands that run jobs. */

export { attach } from "./attach.js";
export { chooseOutliving } from "./outlive.js";
export { retry } from "./retry.js";
export { resume, run } from "./run.js";
export { stop } from "./stop.js";
