import { closeSync, fdatasync, openSync, rmSync, statSync, write } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { checkDefinition } from "../../src/runtime/runner/definition.js";
import { resolveItems } from "../../src/runtime/runner/items.js";
import { runJob } from "../../src/runtime/runner/run.js";
import { RunControl } from "../../src/runtime/runner/runControl.js";

const concurrency = 64;

/** A run of items that do nothing, against a loop that writes the same bytes and shares its fdatasync the same way. */
export async function benchRun(folder: string): Promise<void> {
  const items = 10_000;
  await emptyRun(folder, "warm", 2_000);
  const { ms: runMs, bytes } = await emptyRun(folder, "run", items);
  const bareMs = await bareLoop(join(folder, "bare-run.jsonl"), items, Math.round(bytes / items));
  const perSecond = (ms: number) => Math.round((items / ms) * 1000).toLocaleString("en-US");
  console.log(
    `A run of ${items} items with an empty process, ${concurrency} at a time, durable: ${perSecond(runMs)} a second; ` +
      `a bare loop with the same bytes and the same shared fdatasync: ${perSecond(bareMs)}; ratio ${(bareMs / runMs).toFixed(2)} (bound: 0.5).`,
  );
  const few = await emptyRun(folder, "few", 10_000);
  const many = await emptyRun(folder, "many", 110_000);
  const grown = (many.heapBytes - few.heapBytes) / 100_000;
  console.log(
    `Memory held at the end of a run, for each item done: ${Math.round(grown)} bytes, the ids of 12 characters and the input's own items among them.`,
  );
}

async function emptyRun(folder: string, name: string, count: number) {
  const path = join(folder, `${name}.job.ts`);
  const checkpoint = join(folder, `${name}.jsonl`);
  const definition = checkDefinition(
    {
      items: Array.from({ length: count }, (_, i) => `item-${String(i).padStart(7, "0")}`),
      process() {},
      concurrency,
    },
    path,
  );
  const input = await resolveItems(definition.items, undefined, folder);
  const job = { path, name, folder, label: null, checkpoint, definition };
  collectGarbage();
  let heapBytes = 0;
  const before = process.memoryUsage().heapUsed;
  const begin = performance.now();
  let ms = 0;
  await runJob(job, input, {
    control: new RunControl(),
    onEvent: ({ event }) => {
      if (event !== "run-ended") return;
      ms = performance.now() - begin;
      collectGarbage();
      heapBytes = process.memoryUsage().heapUsed - before;
    },
  });
  const bytes = statSync(checkpoint).size;
  rmSync(checkpoint);
  return { ms, bytes, heapBytes };
}

async function bareLoop(path: string, items: number, bytesEach: number): Promise<number> {
  const file = openSync(path, "a");
  const line = Buffer.from(`${"x".repeat(bytesEach - 1)}\n`);
  let waiting: (() => void)[] = [];
  let isDraining = false;
  const drain = async () => {
    while (waiting.length > 0) {
      await null;
      const batch = waiting;
      waiting = [];
      await promisify(write)(file, Buffer.concat(batch.map(() => line)));
      await promisify(fdatasync)(file);
      for (const done of batch) done();
    }
    isDraining = false;
  };
  let next = 0;
  const lane = async () => {
    while (next++ < items)
      await new Promise<void>((done) => {
        waiting.push(done);
        if (isDraining) return;
        isDraining = true;
        void drain();
      });
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: concurrency }, lane));
  const ms = performance.now() - begin;
  closeSync(file);
  return ms;
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}
