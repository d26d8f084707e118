import { join } from "node:path";

/** The runtime that job files import as `agent-jobs`: built beside this bundle. */
export const runtimePath = join(__dirname, "index.mjs");
