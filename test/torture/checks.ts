import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import type { LoadedJob } from "../../src/runtime/store/store.js";
import type { Findings } from "./row.js";

/** Loads a checkpoint as any reader does: all that was acknowledged is done, and nothing is damaged. */
export async function checkLoaded(
  path: string,
  acknowledged: Iterable<string>,
  findings: Findings,
  where: string,
): Promise<LoadedJob | undefined> {
  let loaded: LoadedJob;
  try {
    loaded = await new JsonlStore(path).load("torture");
  } catch (error) {
    findings.add("thrown", `${where}: loading threw ${(error as Error).message}`);
    return undefined;
  }
  const { state, scan } = loaded;
  for (const item of acknowledged)
    if (!state.done.has(item as never))
      findings.add("lost", `${where}: ${item} was acknowledged, and is not done`);
  if (scan.damageCount > 0)
    findings.add("wrong", `${where}: ${scan.damageCount} damaged lines, ${JSON.stringify(scan.faults[0])}`);
  if (scan.format !== "agent-jobs" && scan.format !== "empty")
    findings.add("wrong", `${where}: taken for a file of the format ${scan.format}`);
  return loaded;
}
