import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { encodeRecord, type WritableRecord } from "../../src/runtime/format/record.js";
import { ItemHistoryReader } from "../../src/runtime/itemHistory.js";
import { CheckpointFollower } from "../../src/runtime/store/follow.js";
import { type ItemPageInput, itemPage } from "../../src/view/item/itemPage.js";
import { jobView } from "../../src/view/jobView.js";
import { isoSecondText } from "../../src/view/text.js";
import { translated } from "./pseudoLanguage.js";

const atMs = Date.UTC(2026, 10, 21, 4);
const item = keyOf("item-17");
const key = `sk-ant-${"api03-".padEnd(90, "aB3")}`;

describe("the document of an item", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "agent-jobs-item-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const run = (number: number): WritableRecord => ({
    ...{ type: "run-started", atMs, run: number, pid: 1, host: "ada", token: `t${number}` },
  });
  const of = (number: number) => ({ atMs: atMs + number * 60_000, item, run: number, attempt: number });
  const failed = (number: number, message: string, more = {}): WritableRecord => ({
    ...{
      ...of(number),
      type: "failed",
      cause: "rate-limit",
      message,
      ms: 1_200,
      usage: { usd: 0.25, inputTokens: 1_000 },
    },
    ...more,
  });

  async function pageInputOf(records: WritableRecord[]): Promise<ItemPageInput> {
    const path = join(folder, "n.jsonl");
    const header: WritableRecord = { type: "job", atMs, v: 1, job: "nightly" };
    writeFileSync(path, Buffer.concat([header, ...records].map(encodeRecord)));
    const follower = new CheckpointFollower(path);
    await follower.refresh();
    const view = jobView({
      ...{ checkpoint: "checkpoints/nightly.jsonl", fallbackName: "n", state: follower.state },
      ...{ scan: follower.summary(), holder: null, nowMs: atMs },
    });
    const history = await new ItemHistoryReader(path, item).read();
    return { item, view, history, input: undefined, log: undefined };
  }

  async function pageOf(records: WritableRecord[], more: Partial<ItemPageInput> = {}) {
    const page = itemPage({ ...(await pageInputOf(records)), ...more });
    return { page, text: page.lines.join("\n") };
  }
  const part = (text: string, heading: string) =>
    text.split(/\n\n(?=\S)/).find((each) => each.startsWith(heading)) ?? "";

  it("of a failed one has its error and stack whole, each attempt, and what all of them cost", async () => {
    const message = "429 Too many\nrequests";
    const detail = `Error: ${message}\n    at process (/x/n.job.ts:12:3)`;
    const { page, text } = await pageOf([
      ...[run(1), { ...of(1), type: "started" } as WritableRecord, failed(1, "500 first")],
      ...[run(2), { ...of(2), type: "started" } as WritableRecord, failed(2, message, { detail })],
    ]);
    assert.match(
      text,
      /^Item: {4}item-17\nJob: {5}nightly\nState: {3}failed \(rate-limit\)\nWhere: {3}checkpoints\/nightly\.jsonl, line 3 … line 7\n/,
    );
    assert.equal(part(text, "Error"), "Error\n  429 Too many\n  requests");
    assert.equal(part(text, "Stack"), "Stack\n  at process (/x/n.job.ts:12:3)");
    const rows = part(text, "Attempts").split("\n").slice(1);
    assert.match(
      rows[0]!,
      /^ {2}2 {2}failed \(rate-limit\) {2}run 2 {2}\d{4}-.* {2}1 s {2}\$0\.25 {2}line 7$/,
    );
    assert.match(rows[1]!, /^ {2}1 {2}failed.*line 4$/);
    assert.match(rows[2]!, /^ +500 first$/);
    assert.match(part(text, "Usage"), /^Usage {2}of 2 attempts\n {2}Cost +\$0\.50\n {2}Input tokens +2,000$/);
    for (const { line, start, end, target } of page.links)
      assert.equal(page.lines[line]!.slice(start, end), `line ${target}`);
    assert.deepEqual([...page.headings.keys()], ["error", "stack", "input", "attempts", "usage"]);
  });

  it("of one that failed in Python has the frames of its traceback, whose last line is the message", async () => {
    const message = "too long: the prompt";
    const frames = [
      '  File "/x/a.py", line 21, in <module>',
      '    ask(ticket["text"])',
      '  File "/x/a.py", line 15, in ask',
      `    raise ValueError("${message}")`,
    ];
    const last = `ValueError: ${message}`;
    for (const head of ["", "Traceback (most recent call last):\n"]) {
      const detail = `${head}${frames.join("\n")}\n${last}\n`;
      const { text } = await pageOf([run(1), failed(1, message, { detail })]);
      const shown = `${head}${frames.join("\n")}\n${last}`.split("\n").map((line) => `  ${line}`);
      assert.equal(part(text, "Stack"), `Stack\n${shown.join("\n")}`);
    }
    const { text } = await pageOf([run(1), failed(1, message, { detail: `${last}\n` })]);
    assert.equal(part(text, "Stack"), "", "no frame, no stack");
  });

  it("of a done one has its result and steps, and counts a record that is there twice once", async () => {
    const step: WritableRecord = { ...of(1), type: "step", step: "outline", op: "o1", result: ["x"], ms: 40 };
    const spent: WritableRecord = { ...of(1), type: "spent", n: 1, usage: { usd: 1 } };
    const done: WritableRecord = {
      ...of(1),
      type: "done",
      result: { n: [1] },
      ms: 90_000,
      usage: { usd: 0.5 },
    };
    const { text } = await pageOf([run(1), step, spent, spent, done, done]);
    assert.match(text, /^State: {3}done, \d{4}-/m);
    assert.equal(part(text, "Result"), 'Result\n  {\n    "n": [\n      1\n    ]\n  }');
    assert.match(part(text, "Steps"), /^Steps\n {2}outline {2}40 ms {2}line 3\n {4}\[\n {6}"x"/);
    assert.match(part(text, "Usage"), /Cost +\$1\.50/);
    assert.equal(part(text, "Error"), "");
  });

  it("of one in doubt says why, and how its run ended", async () => {
    const started: WritableRecord = { ...of(1), type: "started" };
    const { text } = await pageOf([run(1), started, { type: "run-lost", atMs, run: 1, cause: "killed" }]);
    assert.match(text, /^State: {3}in doubt: begun, and no end was recorded\. It may/m);
    assert.match(part(text, "Attempts"), /1 {2}no end recorded; run 1 was killed {2}run 1/);
  });

  it("of one whose trial waits shows what it gave, and the failure that stands", async () => {
    const note =
      "Attempt 2 was a trial and gave a result. Until that is kept, the failure of attempt 1 stands.";
    const { text } = await pageOf(
      [run(1), failed(1, "no luck"), run(2), failed(2, "no luck", { detail: note })],
      {
        tried: { result: { fine: true }, attempt: 2 },
      },
    );
    assert.equal(part(text, "Error"), "Error\n  no luck");
    assert.equal(part(text, "Stack"), "");
    assert.match(
      part(text, "Trial"),
      /^Trial {2}attempt 2 gave this result, which is not kept\n {2}\{\n {4}"fine": true/,
    );
    assert.match(part(text, "Attempts"), /2 {2}trial, not kept.*\n {2}1 {2}failed \(rate-limit\)/);
  });

  it("shows nothing that could act, hide or be a key, whatever it says", async () => {
    const bad = `\u001b[31m\u202e${key}`;
    const { text } = await pageOf(
      [
        run(1),
        { ...of(1), type: "step", step: bad, op: "o", result: bad },
        failed(1, bad, { cause: "other", detail: `Error: ${bad}\n  at ${bad}` }),
      ],
      {
        input: { text: JSON.stringify(bad) },
        log: { lines: [{ time: "2026-11-21T04:00:00.000Z", text: bad }], left: 3 },
        tried: { result: bad, attempt: 1 },
      },
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u202e]/);
    assert.doesNotMatch(text, /aB3aB3/);
    assert.match(text, /^Log {2}the newest 1 of 4 lines$/m);
  });

  it("says of which run log lines are, where they are of several, or of one whose checkpoint is gone", async () => {
    const gone = { time: "2026-11-20T22:00:00.000Z", text: "long ago", run: { run: 1, token: "other" } };
    const own = { time: "2026-11-21T04:00:00.000Z", text: "now", run: { run: 1, token: "t1" } };
    const old = { time: "2026-11-19T04:00:00.000Z", text: "of an older version" };
    const logged = async (...lines: NonNullable<ItemPageInput["log"]>["lines"]) => {
      const { text } = await pageOf([run(1)], { log: { lines, left: 0 } });
      return part(text, "Log").split("\n").slice(1);
    };
    assert.deepEqual(await logged(old, gone, own), [
      "  (of runs that the log does not name)",
      `  ${isoSecondText(old.time)}  of an older version`,
      "  (run 1 of an earlier checkpoint)",
      `  ${isoSecondText(gone.time)}  long ago`,
      "  (run 1)",
      `  ${isoSecondText(own.time)}  now`,
    ]);
    assert.deepEqual(await logged(gone), [
      "  (run 1 of an earlier checkpoint)",
      `  ${isoSecondText(gone.time)}  long ago`,
    ]);
    assert.deepEqual(await logged(own, own), [
      `  ${isoSecondText(own.time)}  now`,
      `  ${isoSecondText(own.time)}  now`,
    ]);
    assert.deepEqual(await logged(old), [`  ${isoSecondText(old.time)}  of an older version`]);
  });

  it("says where a result was cut, and leads to all of it", async () => {
    const done: WritableRecord = { ...of(1), type: "done", result: "x".repeat(3_000_000) };
    const { page, text } = await pageOf([run(1), done]);
    assert.ok(text.length < 200_000);
    const at = page.lines.findIndex((line) =>
      line.includes("… cut here: it has 3.0 MB. All of it is in the checkpoint: line 3"),
    );
    assert.ok(page.links.some(({ line, target }) => line === at && target === 3));
  });

  it("leaves no word out of translation", async () => {
    const made = await Promise.all([
      pageInputOf([
        ...[run(1), { ...of(1), type: "started" } as WritableRecord, failed(1, "note")],
        ...[run(2), { ...of(2), type: "started" } as WritableRecord],
      ]),
      pageInputOf([run(1), { ...of(1), type: "done", by: "person" }]),
      pageInputOf([]),
    ]);
    const more = {
      tried: { result: "x".repeat(600_000).replaceAll("x", "1"), attempt: 2 },
      log: { lines: [{ time: "2026", text: "note" }], left: 1 },
    };
    translated(() => [
      ...made.flatMap((input) => itemPage(input).lines),
      ...itemPage({ ...made[0]!, ...more }).lines,
    ]);
  });
});
