// Leaves a trace where anybody loads it: listing a job must not run it.
import { writeFileSync } from "node:fs";

writeFileSync(new URL("./loaded.txt", import.meta.url), "loaded\n");

export default { items: ["one"], process: () => "done" };
