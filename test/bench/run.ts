import { rmSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { checkDefinition } from "../../src/runtime/runner/definition.js";
import { resolveItems } from "../../src/runtime/runner/items.js";
import { runJob } from "../../src/runtime/runner/run.js";
import { RunControl } from "../../src/runtime/runner/runControl.js";
import { bareRun, itemLinesOf } from "./bareRun.js";

const concurrency = 64;
const rounds = 5;
/** Not counted: until all is compiled, what a run costs is the compiler's. */
const warmUps = 3;
const leastRatio = 0.5;
const mostBytesEach = 64;

/**
 * A run of items that do nothing, against a loop that writes the same bytes and shares its fdatasync the same way. The
 * two take turns, so that both find the same machine, and the medians count.
 * @returns which bounds are passed
 */
export async function benchRun(folder: string): Promise<string[]> {
  const items = 10_000;
  const runs: number[] = [];
  const bares: number[] = [];
  for (let round = -warmUps; round < rounds; round++) {
    const { ms: runMs, checkpoint } = await emptyRun(folder, "run", items);
    const lines = itemLinesOf(checkpoint);
    rmSync(checkpoint);
    const bare = join(folder, "bare-run.jsonl");
    const bareMs = await bareRun(bare, lines, concurrency);
    rmSync(bare);
    if (round < 0) continue;
    runs.push(runMs);
    bares.push(bareMs);
  }
  const [runMs, bareMs] = [medianOf(runs), medianOf(bares)];
  const ratio = bareMs / runMs;
  const perSecond = (ms: number) => Math.round((items / ms) * 1000).toLocaleString("en-US");
  console.log(
    `A run of ${items} items with an empty process, ${concurrency} at a time, durable: ${perSecond(runMs)} a second; ` +
      `a bare loop with the same bytes, appends and shared fdatasync: ${perSecond(bareMs)}; ratio ${ratio.toFixed(2)} (bound: ${leastRatio}).`,
  );
  const grown = ((await heldBytes(folder, 110_000)) - (await heldBytes(folder, 10_000))) / 100_000;
  console.log(
    `Memory held at the end of a run, for each item done: ${Math.round(grown)} bytes, the ids of 12 characters and the input's own items among them (bound: ${mostBytesEach}).`,
  );
  return [
    ...(ratio < leastRatio ? [`a run at ${ratio.toFixed(2)} of a bare loop, below ${leastRatio}`] : []),
    ...(grown > mostBytesEach ? [`${Math.round(grown)} bytes held for an item, above ${mostBytesEach}`] : []),
  ];
}

/** What a run holds in memory as it ends. Apart from what is timed: garbage that is collected by force takes code with it. */
async function heldBytes(folder: string, items: number): Promise<number> {
  let before = 0;
  let after = 0;
  const { checkpoint } = await emptyRun(folder, `held-${items}`, items, {
    onBegin() {
      before = heapBytes();
    },
    onEnd() {
      after = heapBytes();
    },
  });
  rmSync(checkpoint);
  return after - before;
}

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

interface Moments {
  onBegin?(): void;
  onEnd?(): void;
}

async function emptyRun(folder: string, name: string, count: number, { onBegin, onEnd }: Moments = {}) {
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
  onBegin?.();
  const begin = performance.now();
  let ms = 0;
  await runJob(job, input, {
    control: new RunControl(),
    onEvent: ({ event }) => {
      if (event !== "run-ended") return;
      ms = performance.now() - begin;
      onEnd?.();
    },
  });
  return { ms, checkpoint };
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}
