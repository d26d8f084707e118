import type { ItemKey } from "../format/itemId.js";
import { canonicalJson } from "../session/operationCache.js";
import type { ParamChange, SourceChange } from "../state/jobPlan.js";
import type { JobState, RunState } from "../state/jobState.js";
import type { InputItem } from "./items.js";
import type { LoadedJobFile } from "./loadJob.js";
import { stagesOf } from "./stages.js";

/** How a job differs from what its results were made by. */
export interface JobChanges {
  params: ParamChange[];
  sources: SourceChange[];
  /** Whether it has other stages, or another order of them. */
  stages: boolean;
  /** Done items whose content is another now. */
  items: ItemKey[];
}

/** Whether anything that results depend on is another. */
export function hasChanged({ params, sources, stages, items }: JobChanges): boolean {
  return params.length + sources.length + items.length > 0 || stages;
}

/** What changed of a job as a whole, since the latest run that recorded it. Empty where nothing is known. */
export function jobChanges(state: JobState, job: Pick<LoadedJobFile, "definition" | "sources">) {
  const stages = stagesOf(job.definition)?.map(({ name }) => name);
  const stagesBefore = recorded(state, "stages");
  return {
    params: paramChanges(recorded(state, "params"), job.definition.params),
    sources: sourceChanges(recorded(state, "sources"), job.sources),
    stages: stagesBefore !== undefined && canonicalJson(stagesBefore) !== canonicalJson(stages ?? null),
  };
}

/** Done items whose input has another hash than when they were done. */
export async function changedItems(
  state: JobState,
  items: readonly InputItem[],
  hashes: ReadonlyMap<ItemKey, string>,
): Promise<ItemKey[]> {
  const changed: ItemKey[] = [];
  for (const item of items) {
    const before = state.done.has(item.key) ? hashes.get(item.key) : undefined;
    if (before !== undefined && before !== (await item.hash())) changed.push(item.key);
  }
  return changed;
}

/** What the latest run recorded that recorded any. */
export function recorded<Name extends "params" | "sources" | "stages">(
  state: JobState,
  name: Name,
): RunState[Name] | undefined {
  let latest: RunState | undefined;
  for (const run of state.runs.values())
    if (run[name] !== undefined && run.run > (latest?.run ?? 0)) latest = run;
  return latest?.[name];
}

function paramChanges(before: unknown, params: unknown): ParamChange[] {
  if (before === undefined || canonicalJson(before) === canonicalJson(params ?? null)) return [];
  if (!isObject(before) || !isObject(params)) return [{ name: "", before, after: params }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(params)])];
  return names
    .map((name) => ({ name, before: before[name], after: params[name] }))
    .filter((change) => canonicalJson(change.before ?? null) !== canonicalJson(change.after ?? null));
}

function sourceChanges(
  before: Record<string, string> | undefined,
  after: Record<string, string> | undefined,
): SourceChange[] {
  if (!before || !after) return [];
  const files = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return files.flatMap((file): SourceChange[] => {
    if (before[file] === after[file]) return [];
    if (before[file] === undefined) return [{ file, change: "added" }];
    return [{ file, change: after[file] === undefined ? "removed" : "changed" }];
  });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);
