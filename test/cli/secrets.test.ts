import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";
import { plantedKeys } from "../support/hostile.js";

/** Fails as jobs do: in a message, a cause, a stack, with an HTTP body, with something that is no error. */
const job = `
const texts = require("./texts.json");
module.exports = {
  retry: false,
  items: texts.flatMap((text, i) => ["message", "cause", "stack", "body", "thrown", "logged"].map((how) => ({ id: i + how, how, text }))),
  process({ how, text }, ctx) {
    if (how === "logged") return (ctx.log("calling with", { headers: text }, new Error(text)), "done");
    if (how === "message") throw new Error(text);
    if (how === "cause") throw new TypeError("fetch failed", { cause: new Error(text) });
    if (how === "body") throw Object.assign(new Error("401 " + JSON.stringify({ error: { message: text } })), { status: 401 });
    if (how === "thrown") throw { reason: text };
    const error = new Error("it broke");
    error.stack += "\\n    " + text;
    throw error;
  },
};`;
const worker = `
const texts = require("./texts.json");
const lines = require("node:readline").createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { id, item } = JSON.parse(line);
  if (id === undefined) return;
  console.error("debug: " + texts[item]);
  console.log("not a reply: " + texts[item]);
  console.log(JSON.stringify({ id, error: { message: texts[item], cause: "auth" } }));
});`;

describe("keys in errors and logs", () => {
  let scratch: ReturnType<typeof scratchFolder>;
  before(() => {
    scratch = scratchFolder({
      "n.job.js": job,
      "w.job.json": JSON.stringify({
        items: plantedKeys.map((_, i) => i),
        retry: false,
        worker: [process.execPath, "worker.js"],
      }),
      "worker.js": worker,
      "texts.json": JSON.stringify(plantedKeys.map(({ text }) => text)),
    });
  });
  after(() => scratch.remove());

  it("reach no screen, no log and no checkpoint, however a job or a worker lets them out", async () => {
    assert.ok(plantedKeys.length >= 20);
    const seen: [string, string][] = [];
    for (const name of ["n.job.js", "w.job.json"])
      for (const args of [
        ["run", name],
        ["run", "--json", name],
        ["failures", name],
        ["failures", "--json", name],
        ["status", name],
      ]) {
        const { stdout, stderr } = await runCli(args, { cwd: scratch.path, env: { AGENT_JOBS_DEBUG: "1" } });
        seen.push([args.join(" "), stdout + stderr]);
      }
    const folder = join(scratch.path, "checkpoints");
    for (const name of readdirSync(folder)) seen.push([name, readFileSync(join(folder, name), "utf8")]);
    assert.ok(seen.some(([name]) => name === "w.jsonl.log") && seen.some(([name]) => name === "n.jsonl"));
    for (const { kind, key } of plantedKeys)
      for (const [where, text] of seen)
        for (const part of key.match(/.{1,14}$/)!) assert.ok(!text.includes(part), `${kind} in ${where}`);
    for (const [where, text] of seen)
      if (!/^status|^\.gitignore/.test(where)) assert.ok(text.includes("[redacted]"), where);
  });

  it("also not where the job file cannot even be loaded, or the worker not be started", async () => {
    const { text, key } = plantedKeys[0]!;
    const broken = scratchFolder({
      "a.job.js": `throw new Error(${JSON.stringify(text)});`,
      "b.job.json": JSON.stringify({ items: [1], worker: ["./no-such-program", "--api-key", key] }),
      "c.job.js": `module.exports = { items() { throw new Error(${JSON.stringify(text)}); }, process() {} };`,
      "d.job.js": `process.nextTick(() => Promise.reject(new Error(${JSON.stringify(text)}))); module.exports = { items: [1], process: () => new Promise((go) => setImmediate(go)) };`,
    });
    for (const name of ["a.job.js", "b.job.json", "c.job.js", "d.job.js"]) {
      const { stdout, stderr } = await runCli(["run", name], {
        cwd: broken.path,
        env: { AGENT_JOBS_DEBUG: "1" },
      });
      assert.ok(!(stdout + stderr).includes(key.slice(-14)), name);
      assert.match(stdout + stderr, /\[redacted\]/, name);
    }
    broken.remove();
  });
});
