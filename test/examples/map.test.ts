import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { latestRun } from "../../src/runtime/state/jobState.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { requestStop } from "../../src/runtime/store/stopRequest.js";
import { killGroup } from "../host/processGroup.js";
import { root } from "../setup/root.js";
import { runCli, scratchFolder } from "../support/cli.js";

// Says which item it begins; one item ends whenever a line comes in.
const lettersScript = `
import { createInterface } from "node:readline";
import { map } from "agent-jobs";
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const fn = async (item) => {
  console.log("begin", item);
  await lines.next();
  return item;
};
console.log("results", ...(await map(["a", "b", "c"], fn, { concurrency: 1 })));
process.stdin.destroy();
`;

const numbersScript = `
import { setTimeout as wait } from "node:timers/promises";
import { map } from "agent-jobs";
const fn = async (i) => {
  if (i === 0) console.log("begin 0");
  await wait(10);
};
await map(Array.from({ length: 300 }, (_, i) => i), fn, { concurrency: 1 });
`;

const doubledScript = `
import { map } from "agent-jobs";
console.log(...(await map([0, 1, 2], async (i) => 2 * i)));
`;
const doubledJob = JSON.stringify({
  command: [process.execPath, "doubled.mjs"],
  checkpoint: "checkpoints/doubled.jsonl",
});

describe("map in a script of one's own", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let child: ChildProcess;
  let output: string;
  let onOutput: () => void;
  beforeEach(() => {
    folder = scratchFolder({
      "letters.mjs": lettersScript,
      "numbers.mjs": numbersScript,
      "doubled.mjs": doubledScript,
      "doubled.job.json": doubledJob,
    });
    mkdirSync(join(folder.path, "node_modules"));
    symlinkSync(root, join(folder.path, "node_modules/agent-jobs"));
  });
  afterEach(() => {
    killGroup((child as ChildProcess | undefined)?.pid, "SIGKILL"); // one test starts none
    folder.remove();
  });
  const checkpointOf = (job: string) => join(folder.path, `checkpoints/${job}.jsonl`);
  const load = (job: string) => new JsonlStore(checkpointOf(job)).load(job);
  const endItem = () => child.stdin!.write("\n");

  function start(job: string): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    output = "";
    onOutput = () => {};
    child = spawn(process.execPath, [join(folder.path, `${job}.mjs`)], { stdio: "pipe", detached: true });
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        onOutput();
      });
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve({ code, signal }));
    });
  }

  function saw(text: string): Promise<void> {
    return new Promise((resolve) => {
      onOutput = () => output.includes(text) && resolve();
      onOutput();
    });
  }

  it("keeps its checkpoint beside the script, and goes on after a kill -9 with what was not done", async () => {
    let ended = start("letters");
    await saw("begin a");
    endItem();
    await saw("begin b");
    child.kill("SIGKILL");
    await ended;
    ended = start("letters");
    for (const letter of ["b", "c"]) {
      await saw(`begin ${letter}`);
      endItem();
    }
    assert.equal((await ended).code, 0, output);
    assert.match(output, /^agent-jobs: letters: 1 of 3 done before; 1 in doubt before, tried again\.$/m);
    assert.match(output, /^results a b c$/m);
    assert.doesNotMatch(output, /begin a/);
  });

  it("finishes what is in hand at a Ctrl-C, and ends by it", async () => {
    const ended = start("letters");
    await saw("begin a");
    child.kill("SIGINT");
    await saw("stopping after what is in hand");
    endItem();
    assert.deepEqual(await ended, { code: null, signal: "SIGINT" }, output);
    const { state } = await load("letters");
    assert.deepEqual([state.done.size, state.open.size], [1, 0]);
    const { reason, signal } = latestRun(state)!.ended!;
    assert.deepEqual([reason, signal], ["interrupted", "SIGINT"]);
  });

  it("works under the lock of the run that launched the script as its command", async () => {
    const { code, stdout, stderr } = await runCli(["run", "doubled.job.json"], { cwd: folder.path });
    assert.deepEqual([code, stdout], [0, "0 2 4\n"], stderr);
    const { state, holder } = await load("doubled");
    assert.deepEqual([state.job, state.done.size, holder], ["doubled", 3, null]);
    assert.deepEqual(
      [...state.runs.values()].map(({ ended }) => ended!.reason),
      ["finished"],
    );
  });

  it("ends with 75 where it was asked to stop and does not catch that, and says so in few lines", async () => {
    const ended = start("numbers");
    await saw("begin 0");
    await requestStop(checkpointOf("numbers"));
    assert.equal((await ended).code, 75, output);
    const said =
      /StoppedError: numbers was asked to stop, with (\d+) items left\. Run it again to go on\./.exec(output);
    const { state } = await load("numbers");
    assert.equal(state.done.size + Number(said?.[1]), 300);
    assert.ok(output.length < 2000, output);
  });
});
