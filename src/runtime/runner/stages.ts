import type { ItemKey } from "../format/itemId.js";
import { type OperationCache, operationId } from "../session/operationCache.js";
import type { ItemContext, JobDefinition, Stage } from "./defineJob.js";

/** A job's stages in order; undefined where it has none. */
export function stagesOf({ stages }: Pick<JobDefinition, "stages">): Stage[] | undefined {
  if (!stages) return undefined;
  if (Array.isArray(stages)) return stages as Stage[];
  return Object.entries(stages as Record<string, Stage["run"]>).map(([name, run]) => ({ name, run }));
}

/**
 * What a stage's result depends on: its input, its parameters, and its own code, so that changing one stage makes the
 * results of that one anew, and of those after it as far as its results change.
 */
function inputsOf(stage: Stage, input: unknown): unknown {
  return { input, params: stage.params ?? null, code: String(stage.run) };
}

/** Does stages from one number up to another, not including it. @returns what the last one gave */
export async function runStages(
  stages: readonly Stage[],
  item: unknown,
  context: ItemContext,
  end = stages.length,
): Promise<unknown> {
  let value = item;
  for (const stage of stages.slice(0, end)) {
    const input = value;
    value = await context.step(stage.name, inputsOf(stage, input), () => stage.run(input as never, context));
  }
  return value;
}

/** How many of an item's stages, from the first on, have results that still hold. */
export function finishedStages(
  stages: readonly Stage[],
  { key, item }: { key: ItemKey; item: unknown },
  cache: OperationCache,
): number {
  let value = item;
  for (const [n, stage] of stages.entries()) {
    const hit = cache.get(key, operationId(stage.name, inputsOf(stage, value)));
    if (!hit) return n;
    value = hit.result;
  }
  return stages.length;
}
