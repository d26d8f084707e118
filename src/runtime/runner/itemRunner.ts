import { AgentJobsError, messageOf } from "../errors.js";
import type { ItemKey } from "../format/itemId.js";
import type { Usage } from "../format/record.js";
import { type OperationCache, operationId } from "../session/operationCache.js";
import type { Session } from "../session/session.js";
import type { ItemContext } from "./defineJob.js";
import { type ItemLog, logText } from "./itemLog.js";
import { addUsages, readUsage } from "./usage.js";

/** What does one item: a job's `process`, or a worker process. Throws where the item fails. */
export interface ItemRunner {
  run(item: { key: ItemKey; item: unknown }, context: ItemContext): Promise<unknown>;
  /** Waits for what the runner started to end; `atOnce` kills it. */
  close(atOnce: boolean): Promise<void>;
}

export interface ContextParts {
  item: ItemKey;
  attempt: number;
  session: Session;
  cache: OperationCache;
  log: ItemLog;
  signal: AbortSignal;
  onProgress: (fraction: number) => void;
}

/** The context of one attempt, and what was used in it so far. */
export function createContext(parts: ContextParts): { context: ItemContext; used: () => Usage | undefined } {
  const { item, attempt, session, cache, log, signal } = parts;
  let usage: Usage | undefined;
  const underWay = new Map<string, Promise<unknown>>();

  async function doStep(name: string, op: string, work: () => unknown): Promise<unknown> {
    const begin = performance.now();
    const given = await work();
    try {
      await session.recordStep(item, name, op, given, performance.now() - begin);
    } catch (error) {
      if (error instanceof AgentJobsError) throw error;
      const message = `What the step "${name}" gave cannot be kept: ${messageOf(error)} Return JSON from it.`;
      throw new AgentJobsError("AJ_RESULT", message, { cause: error });
    }
    // As a resume would give it back: a date that became a string must not wait for a crash to be noticed.
    const result = given === undefined ? undefined : JSON.parse(JSON.stringify(given) ?? "null");
    cache.take({ type: "step", atMs: 0, item, run: session.run, attempt, step: name, op, result });
    return result;
  }

  const context: ItemContext = {
    signal,
    attempt,
    async step<T>(name: string, inputs: unknown, work: () => T | Promise<T>): Promise<T> {
      const op = operationId(name, inputs);
      const hit = cache.get(item, op);
      if (hit) return hit.result as T;
      // The same step, asked for again before it is finished, is still done once.
      const doing = underWay.get(op) ?? doStep(name, op, work).finally(() => underWay.delete(op));
      underWay.set(op, doing);
      return doing as Promise<T>;
    },
    fetch: (input, init) => {
      const own = init?.signal ?? (input instanceof Request ? input.signal : undefined);
      return fetch(input, { ...init, signal: own ? AbortSignal.any([own, signal]) : signal });
    },
    usage(reply) {
      const read = readUsage(reply);
      if (read) usage = addUsages(usage, read);
      else log.write(item, "ctx.usage: the reply says nothing of tokens or cost, so none were counted.");
    },
    log: (...values) => log.write(item, logText(values)),
    progress: parts.onProgress,
  };
  return { context, used: () => usage };
}

/** Runs a job's `process` in this process. */
export function inProcess(process: (item: unknown, context: ItemContext) => unknown): ItemRunner {
  return {
    run: async ({ item }, context) => process(item, context),
    close: async () => {},
  };
}
