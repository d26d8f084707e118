/** Commands that add jobs, and what helps with them. */

export { createExample, exampleStep } from "../firstSteps/example.js";
export { createNewJob } from "../firstSteps/newJob.js";
export { openWalkthrough } from "../firstSteps/openWalkthrough.js";
export { addPythonHelper } from "./addPythonHelper.js";
export { exclude } from "./excludeCheckpoints.js";
export { stopWatching, watchFile } from "./watch.js";
