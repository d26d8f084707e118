import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cliPath, runCli, scratchFolder } from "../support/cli.js";
import { hostileTexts, plainTexts, unseen } from "../support/hostile.js";
import { python, Terminal } from "../support/terminal.js";

const texts = hostileTexts.map(({ text }) => text);
/** Ids are unique; every second item fails, with the text as message, cause and log line. */
const job = `
const texts = require("./texts.json");
module.exports = {
  items: texts.map((text, i) => ({ id: i + text, text, i })),
  params: { text: texts[0] },
  process({ text, i }, ctx) {
    ctx.log(text, { text });
    if (i % 2 === 0) return { text };
    throw Object.assign(new Error(text), { failureCause: text });
  },
};`;

/** Every line of an output holds nothing that acts or hides, once what we style it with is taken out. */
function assertSeen(output: string, what: string, ours: RegExp = /(?!)/g): void {
  for (const line of output.replace(ours, "").split("\n"))
    assert.equal(unseen(line), undefined, `${what}: ${JSON.stringify(line)}`);
}

describe("hostile text through the real command line", () => {
  let scratch: ReturnType<typeof scratchFolder>;
  const cli = (...args: string[]) => runCli(args, { cwd: scratch.path });
  before(() => {
    scratch = scratchFolder({ "n.job.js": job, "texts.json": JSON.stringify(texts) });
  });
  after(() => scratch.remove());

  it("is safe in what every command prints, and in the log, an entry a line", async () => {
    const outputs: Record<string, string> = {};
    for (const args of [
      ...[
        ["run", "n.job.js"],
        ["run", "--json", "n.job.js"],
        ["plan", "n.job.js"],
        ["plan", "--json", "n.job.js"],
      ],
      ...[
        ["status", "n.job.js"],
        ["status", "--json", "."],
        ["failures", "n.job.js"],
      ],
      ...[
        ["failures", "--json", "n.job.js"],
        ["results", "n.job.js"],
        ["results", "--with-input", "n.job.js"],
      ],
      ...[
        ["repair", "--dry-run", "n.job.js"],
        ["run", "no\u001b[2J\u202esuch.job.js"],
        ["status", "\u009b2J"],
      ],
      ...[
        ["status", "--no\u001b[2Jsuch"],
        ["run", "n.job.js", "--as", "\u202e"],
        ["stop", "n\u200b.job.js"],
      ],
    ]) {
      const { stdout, stderr } = await cli(...args);
      outputs[args.join(" ")] = stdout + stderr;
    }
    for (const [what, output] of Object.entries(outputs)) assertSeen(output, what);
    const log = readFileSync(join(scratch.path, "checkpoints/n.jsonl.log"), "utf8");
    assertSeen(log, "the log");
    for (const line of log.trimEnd().split("\n"))
      assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]{12}Z \[(\d+[^\]]*|=run)\] /, "an entry that is not forged");
    const failed = outputs["failures n.job.js"]!;
    assert.ok(texts.length > 100 && failed.split("\n").length > texts.length / 2, "all are listed");
  });

  it("is exactly what it was in JSON", async () => {
    const rows = (await cli("results", "n.job.js")).stdout.trimEnd().split("\n");
    const results = rows.map((row) => JSON.parse(row) as { id: string; result: { text: string } });
    assert.deepEqual(
      results.map(({ id, result }) => [id, result.text]),
      texts.flatMap((text, i) => (i % 2 === 0 ? [[i + text, text]] : [])),
    );
    const { stdout } = await cli("failures", "--json", "n.job.js");
    const { failures } = JSON.parse(stdout) as {
      failures: { item: string; message: string; cause: string }[];
    };
    const expected = texts.flatMap((text, i) => (i % 2 === 1 ? [i + text] : []));
    assert.deepEqual(new Set(failures.map(({ item }) => item)), new Set(expected));
    for (const { item, message, cause } of failures) {
      const text = texts[Number.parseInt(item, 10)]!;
      assert.deepEqual([message, cause], [text || "Error", text]);
    }
  });

  it("is safe on a real terminal: colours are ours, and nothing else is", async function () {
    if (!python) this.skip();
    const sequence = "\u001b\\[";
    const ours = new RegExp(`${sequence}\\d{1,2}m|${sequence}(G|J|\\dA)|\\r(?=\\n)`, "g");
    for (const args of [["run"], ["failures"], ["status"], ["results", "--format", "csv"]]) {
      const [command, ...flags] = args as [string, ...string[]];
      const terminal = new Terminal([process.execPath, cliPath, command, "n.job.js", ...flags], {
        cwd: scratch.path,
      });
      await terminal.ended;
      assert.ok(terminal.output.length > 100);
      assertSeen(terminal.output, command, ours);
      terminal.dispose();
    }
  });

  it("of people's own languages stays as they wrote it", async () => {
    const plain = scratchFolder({
      "n.job.js": job,
      "texts.json": JSON.stringify(["x", ...plainTexts].flatMap((text) => ["", text])),
    });
    await runCli(["run", "n.job.js"], { cwd: plain.path });
    const { stdout } = await runCli(["failures", "n.job.js"], { cwd: plain.path });
    for (const text of plainTexts) assert.ok(stdout.includes(text), text);
    plain.remove();
  });

  it("in a checkpoint's header, its lock, its names and its damaged lines is safe", async () => {
    for (const [i, text] of texts.entries()) {
      if (i % 9 !== 0) continue;
      const record = JSON.stringify({ type: "job", ts: 1, v: 1, job: text, label: text, file: text });
      writeFileSync(
        join(scratch.path, "checkpoints", `h${i}.jsonl`),
        `{"id":${JSON.stringify(text)},"ts":1}\n${record}\n${text}\n`,
      );
    }
    const lock = {
      token: "\u001b[2J",
      pid: 1,
      startTime: null,
      bootId: null,
      host: "h\u001b[2J\u202e",
      pidNamespace: null,
      sinceMs: Date.now(),
    };
    writeFileSync(join(scratch.path, "checkpoints/h0.jsonl.lock"), JSON.stringify(lock));
    const paths = readdirSync(join(scratch.path, "checkpoints")).filter((name) => /^h\d+\.jsonl$/.test(name));
    for (const args of [
      ["status", "."],
      ["repair", "--dry-run", ...paths.map((name) => join("checkpoints", name))],
      ["clear", "--yes", "checkpoints/h0.jsonl"],
    ]) {
      const { stdout, stderr } = await cli(...args);
      assertSeen(stdout + stderr, args.join(" "));
      assert.ok(stdout.length + stderr.length > 20);
    }
  });
});
