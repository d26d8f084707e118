/**
 * npm run bench: speed and memory, each figure beside that of the least that could do the same, measured in the same
 * run, so that a slow machine does not look like slow code. Ends with 1 where a bound
 * of a run or of the remaining time is passed.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { encodeRecord } from "../../src/runtime/format/record.js";
import { AgentResume } from "../../src/runtime/session/agentResume.js";
import { CheckpointFollower } from "../../src/runtime/store/follow.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { benchEta } from "./eta.js";
import { benchRun } from "./run.js";

const items = 10_000;
const concurrency = 64;
const folder = mkdtempSync(join(tmpdir(), "agent-jobs-bench-"));

async function timed(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** As many at a time as a run would have. */
async function inLanes(work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < items) await work(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}

/** The same bytes, each batch of waiting callers in one write and one fdatasync, and nothing else. */
async function bareLoop(path: string): Promise<void> {
  const file = await open(path, "a");
  let waiting: { bytes: Buffer; done: () => void }[] = [];
  let draining = false;
  const drain = async () => {
    while (waiting.length > 0) {
      await null;
      const batch = waiting;
      waiting = [];
      await file.write(Buffer.concat(batch.map((entry) => entry.bytes)));
      await file.datasync();
      for (const { done } of batch) done();
    }
    draining = false;
  };
  await inLanes((i) => {
    const bytes = encodeRecord({
      type: "done",
      atMs: Date.now(),
      item: keyOf(`item-${i}`),
      attempt: 1,
      run: 1,
    });
    return new Promise((done) => {
      waiting.push({ bytes, done });
      if (!draining) {
        draining = true;
        void drain();
      }
    });
  });
  await file.close();
}

async function sessionLoop(path: string): Promise<void> {
  const agent = new AgentResume({ store: new JsonlStore(path) });
  await agent.resumeOrStart("bench", (session) => inLanes((i) => session.markDone(`item-${i}`)));
}

async function main(): Promise<void> {
  try {
    const bareMs = await timed(() => bareLoop(join(folder, "bare.jsonl")));
    const path = join(folder, "session.jsonl");
    const sessionMs = await timed(() => sessionLoop(path));
    const perSecond = (ms: number) => Math.round((items / ms) * 1000).toLocaleString("en-US");
    console.log(`durable marks, ${items} items, ${concurrency} at a time:`);
    console.log(
      `  bare loop ${perSecond(bareMs)}/s · session ${perSecond(sessionMs)}/s · ratio ${(bareMs / sessionMs).toFixed(2)}`,
    );

    const follower = new CheckpointFollower(path);
    const fullMs = await timed(async () => void (await follower.refresh()));
    const file = await open(path, "a");
    await file.write(
      encodeRecord({ type: "done", atMs: Date.now(), item: keyOf("one-more"), attempt: 1, run: 1 }),
    );
    await file.close();
    const appendMs = await timed(async () => void (await follower.refresh()));
    console.log(`reading ${statSync(path).size.toLocaleString("en-US")} bytes:`);
    console.log(
      `  whole ${fullMs.toFixed(1)} ms · after one append ${appendMs.toFixed(2)} ms · ratio ${(fullMs / appendMs).toFixed(0)}`,
    );
    const passed = [...(await benchRun(folder)), ...benchEta()];
    for (const bound of passed) console.log(`Bound passed: ${bound}.`);
    if (passed.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
