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
  const context: ItemContext = {
    signal,
    attempt,
    async step<T>(name: string, inputs: unknown, work: () => T | Promise<T>): Promise<T> {
      const op = operationId(name, inputs);
      const hit = cache.get(item, op);
      if (hit) return hit.result as T;
      const begin = performance.now();
      const result = await work();
      await session.recordStep(item, name, op, result, performance.now() - begin);
      cache.take({ type: "step", atMs: 0, item, run: session.run, attempt, step: name, op, result });
      return result;
    },
    fetch: (input, init) =>
      fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([init.signal, signal]) : signal }),
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
