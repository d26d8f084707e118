import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";
import { LiveRun } from "../support/liveRun.js";

const job = (checkpoint: string) => `import { defineJob } from "agent-jobs";
import { existsSync, watch, writeFileSync } from "node:fs";
const go = () => new Promise((resolve) => {
  const look = () => existsSync("go") && (watcher.close(), resolve());
  const watcher = watch(".", look);
  look();
});
writeFileSync("loaded", "");
export default defineJob({
  items: ["a", "b", "c"], retry: false, ${checkpoint}
  async process(item) {
    if (process.env.HANG) await go();
    if (item === "b") throw Object.assign(new Error("429 slow down"), { status: 429 });
    return item.toUpperCase();
  },
});
`;

describe("a job file that puts its checkpoint elsewhere", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    folder = scratchFolder({ "nightly.job.ts": job('checkpoint: "state/out.jsonl",') });
  });
  afterEach(() => folder.remove());
  const at = (...path: string[]) => join(folder.path, ...path);
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });
  const status = async (...args: string[]) =>
    JSON.parse((await cli("status", "--json", "nightly.job.ts", ...args)).stdout).jobs;
  const where = () => at("checkpoints/nightly.where");

  it("is found by its job file once it ran, without running the job file again", async () => {
    assert.equal((await cli("run", "nightly.job.ts")).code, 1);
    rmSync(at("loaded"));
    const [{ checkpoint, done, failed }] = await status();
    assert.deepEqual([checkpoint, done, failed], ["state/out.jsonl", 2, 1]);
    assert.match((await cli("failures", "nightly.job.ts")).stdout, /rate-limit: 1 item/);
    assert.equal((await cli("results", "nightly.job.ts")).stdout.trim().split("\n").length, 2);
    assert.match((await cli("repair", "nightly.job.ts", "--dry-run")).stdout, /Nothing to repair/);
    assert.match((await cli("doubt", "nightly.job.ts")).stdout, /nothing is in doubt/);
    assert.match((await cli("clear", "nightly.job.ts", "--yes")).stdout, /2 finished items[\s\S]*Cleared/);
    assert.equal(existsSync(at("state/out.jsonl")), false);
    assert.deepEqual((await status())[0].state, "empty");
    assert.equal(existsSync(at("loaded")), false);
  });

  it("leaves in checkpoints/ only what says so, which is kept out of version control", async () => {
    await cli("run", "nightly.job.ts");
    assert.deepEqual(readdirSync(at("checkpoints")).sort(), [".gitignore", "nightly.where"]);
    assert.deepEqual(JSON.parse(readFileSync(where(), "utf8")), { checkpoint: "state/out.jsonl" });
  });

  it("is found with its labelled runs, by label", async () => {
    await cli("run", "nightly.job.ts", "--as", "W1");
    assert.deepEqual(
      (await status()).map(({ checkpoint, label }: Record<string, unknown>) => [checkpoint, label]),
      [["state/out@W1.jsonl", "W1"]],
    );
    await cli("run", "nightly.job.ts");
    assert.equal((await status()).length, 2);
    const [{ checkpoint }] = await status("--as", "W1");
    assert.equal(checkpoint, "state/out@W1.jsonl");
  });

  it("is stopped by its job file while it runs", async () => {
    const live = new LiveRun("nightly.job.ts", { cwd: folder.path, env: { HANG: "1" } });
    try {
      await live.saw("item-started");
      assert.match(
        (await cli("stop", "nightly.job.ts", "--no-wait")).stdout,
        /Asked the run of .*out\.jsonl/,
      );
      await live.saw("run-stopping");
      writeFileSync(at("go"), "");
      assert.equal((await live.ended).code, 75);
    } finally {
      live.dispose();
    }
  });

  it("is no longer looked for there once a run has it at the usual place again", async () => {
    await cli("run", "nightly.job.ts");
    writeFileSync(at("nightly.job.ts"), job(""));
    await cli("run", "nightly.job.ts");
    assert.equal(existsSync(where()), false);
    assert.equal((await status())[0].checkpoint, "checkpoints/nightly.jsonl");
  });

  it("runs where nothing can be noted: a file or a link is in the way", async () => {
    writeFileSync(at("checkpoints"), "no folder");
    assert.equal((await cli("run", "nightly.job.ts")).code, 1);
    rmSync(at("checkpoints"));
    mkdirSync(at("checkpoints"));
    writeFileSync(at("precious"), "precious");
    symlinkSync(at("precious"), where());
    assert.equal((await cli("run", "nightly.job.ts")).code, 1);
    assert.equal(readFileSync(at("precious"), "utf8"), "precious");
    assert.equal((await status())[0].checkpoint, "checkpoints/nightly.jsonl");
  });

  it("is not looked for at places that cannot be meant", async () => {
    mkdirSync(at("checkpoints"));
    mkdirSync(at("state"));
    writeFileSync(at("state/real.jsonl"), '{"id":"a","ts":1748107200}\n');
    symlinkSync(at("state/real.jsonl"), at("state/link.jsonl"));
    const refused = [
      "{",
      "[]",
      "null",
      '{"checkpoint":7}',
      '{"checkpoint":""}',
      '{"checkpoint":"a\\u0000b"}',
    ];
    for (const place of ["//host/share/a.jsonl", "\\\\host\\share\\a.jsonl", "state/link.jsonl", "state"])
      refused.push(JSON.stringify({ checkpoint: place }));
    for (const text of refused) {
      writeFileSync(where(), text);
      assert.equal((await status())[0].checkpoint, "checkpoints/nightly.jsonl", text);
    }
    writeFileSync(where(), JSON.stringify({ checkpoint: at("state/real.jsonl") }));
    assert.equal((await status())[0].checkpoint, "state/real.jsonl");
  });
});
