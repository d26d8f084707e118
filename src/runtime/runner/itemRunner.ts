import type { ItemKey } from "../format/itemId.js";
import type { ItemContext } from "./defineJob.js";

/** What does one item: a job's `process`, or a worker process. Throws where the item fails. */
export interface ItemRunner {
  run(item: { key: ItemKey; item: unknown }, context: ItemContext): Promise<unknown>;
  /** Waits for what the runner started to end; `atOnce` kills it. */
  close(atOnce: boolean): Promise<void>;
}

/** Runs a job's `process` in this process. */
export function inProcess(process: (item: unknown, context: ItemContext) => unknown): ItemRunner {
  return {
    run: async ({ item }, context) => process(item, context),
    close: async () => {},
  };
}
