import assert from "node:assert/strict";
import { type ItemKey, keyOf } from "../../../src/runtime/format/itemId.js";
import { encodeRecord, jobRecord, type WritableRecord } from "../../../src/runtime/format/record.js";
import { CheckpointScanner } from "../../../src/runtime/format/scan.js";
import { applyRecord } from "../../../src/runtime/state/fold.js";
import { createJobState } from "../../../src/runtime/state/jobState.js";
import { jobView } from "../../../src/view/jobView.js";
import { reportMark, reportPage } from "../../../src/view/report/page.js";
import { type ReportOptions, reportData } from "../../../src/view/report/reportData.js";
import { shareText } from "../../../src/view/report/shareText.js";
import { histogramOf, percentile, spansOf } from "../../../src/view/report/throughput.js";
import { ReportTimeline } from "../../../src/view/report/timeline.js";
import { assertLinear } from "../../support/growth.js";

const startMs = Date.UTC(2026, 10, 21, 4, 0, 0);
const minute = 60_000;
const hostile = `<script>alert(1)</script>"'&\u202e\u001b[2J`;

interface Told {
  records?: WritableRecord[];
  tail?: string;
  live?: boolean;
}

/** A report over what two runs, nine hours apart, wrote down. */
function dataOf(
  { records = twoRuns(), tail = "", live = false }: Told,
  options: Partial<ReportOptions> = {},
) {
  const state = createJobState();
  const timeline = new ReportTimeline();
  const scanner = new CheckpointScanner();
  const bytes = Buffer.concat([...records.map(encodeRecord), Buffer.from(tail)]);
  for (const { record } of scanner.push(bytes)) {
    applyRecord(state, record);
    timeline.take(record);
  }
  const holder = { pid: 1, host: "secret-host", token: "t2", sinceMs: startMs, local: true };
  const view = jobView({
    ...{ checkpoint: "/home/me/checkpoints/n.jsonl", fallbackName: "n", state, scan: scanner.summary() },
    ...{ holder: live ? holder : null, nowMs: Math.max(...records.map(({ atMs }) => atMs)) + 1_000 },
  });
  return reportData(view, timeline, { ids: false, ...options });
}
const pageOf = (told: Told, options?: Partial<ReportOptions>) => reportPage(dataOf(told, options));

function twoRuns(name = "n", id = "jane@example.com", message = `No reply for ${id}`): WritableRecord[] {
  const run = { pid: 1, host: "secret-host", concurrency: 2 };
  const second = startMs + 9 * 60 * minute;
  return [
    jobRecord(startMs, name, null, "../n.job.ts"),
    { type: "run-started", atMs: startMs, run: 1, token: "t1", ...run },
    { type: "input", atMs: startMs, run: 1, total: 25 },
    ...Array.from(
      { length: 20 },
      (_, i): WritableRecord => ({
        ...{ type: "done", atMs: startMs + i * 6_000, run: 1, attempt: 1, item: keyOf(`${id}/${i}`) },
        ...{ ms: 1_000 * (i + 1), result: { text: `result ${i}` } },
        usage: { inputTokens: 100, outputTokens: 10, usd: 0.01, model: "claude-x" },
      }),
    ),
    { type: "run-started", atMs: second, run: 2, token: "t2", ...run },
    ...["timeout", "timeout", "other"].map(
      (cause, i): WritableRecord => ({
        ...{ type: "failed", atMs: second + i * minute, run: 2, attempt: 1, item: keyOf(`${id}${i}`) },
        ...{ cause, message: message.replace(id, `${id}${i}`) },
      }),
    ),
    { type: "input", atMs: second, run: 2, total: 25 },
  ];
}

describe("a report's page", () => {
  it("tells counts, runs, times, costs, failures and models, and loads nothing", () => {
    const page = pageOf({});
    for (const words of [
      "80% of 25",
      "claude-x",
      "$0.20",
      "timeout: 2 items",
      "last sign",
      "8 h 58 min idle",
      "20 attempts",
    ])
      assert.ok(page.includes(words), words);
    assert.match(page, /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src/);
    assert.match(page, /<html lang="en">/);
    assert.ok(page.slice(0, 1_024).includes(reportMark));
    assert.doesNotMatch(page, /<script|src=|href=|url\(|@import|javascript:/i);
    assert.match(page, /<svg role="img" [^>]*aria-label="Items done over time: 20 items done from/);
    assert.match(page, /<th scope="col"/);
    assert.equal(page, pageOf({}), "the same data gives the same page");
  });

  it("does not take for work the time from a run's loss to what its successor says of it", () => {
    const lost: WritableRecord = {
      type: "run-lost",
      atMs: startMs + 9 * 60 * minute,
      run: 1,
      cause: "killed",
    };
    const told = dataOf({ records: [...twoRuns(), lost] });
    assert.equal(told.activeMs, dataOf({}).activeMs);
    assert.match(reportPage(told), /8 h 58 min idle/);
  });

  it("leaves out of its chart over time what has no time, and says so", () => {
    const untimed: WritableRecord = { type: "done", atMs: 0, item: keyOf("when") };
    const told = dataOf({ records: [...twoRuns(), untimed] });
    assert.equal(told.counts.done, 21);
    const page = reportPage(told);
    assert.doesNotMatch(page, /1970/);
    assert.match(page, /20 items done from [^<]* 1 item without a time is not shown here\./);
  });

  it("keeps results, ids, machines and paths to itself unless they are asked for", () => {
    const page = pageOf({});
    for (const secret of ["jane", "result 1", "secret-host", "/home/me", "n.job.ts"])
      assert.ok(!page.includes(secret), secret);
    assert.match(page, /No reply for \[item\]/);
    const results = [{ item: keyOf("jane@example.com/0"), result: { text: "result 0" } }];
    const withResults = pageOf({}, { results });
    assert.match(withResults, /result 0[\s\S]*19 more results/);
    assert.ok(!withResults.includes("jane"));
    const withIds = pageOf({}, { ids: true, results });
    assert.match(withIds, /No reply for jane@example\.com0[\s\S]*<th scope="row">jane@example\.com\/0/);
  });

  it("escapes whatever is foreign, and takes secrets out", () => {
    const key = "sk-ant-api03-abcdefghijklmnop";
    const results = [{ item: keyOf(hostile), result: `${hostile}\n${key}` }];
    const page = pageOf({ records: twoRuns(hostile, hostile, `${key} ${hostile}`) }, { ids: true, results });
    for (const acting of ["<script", "\u202e", "\u001b"]) assert.ok(!page.includes(acting));
    assert.ok(page.includes("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\\u{202e}\\u{1b}[2J"));
    assert.ok(!page.includes(key) && page.includes("sk-ant-[redacted]"));
  });

  it("tells of damage, of a run under way, and of next to nothing", () => {
    const damaged = pageOf({ tail: '{"id":"x","ts":1,"c":"00000000"}\n{"id":"y' });
    assert.match(damaged, /The record&#39;s bytes changed[\s\S]*cut short/);
    const live = pageOf({ live: true });
    assert.match(live, /state live">running[\s\S]*Is running/);
    assert.equal(live.split("last sign").length, 2, "of the first run alone");
    const end = { atMs: startMs + 10 * 60 * minute, run: 2, reason: "budget" as const };
    const ended: WritableRecord[] = [...twoRuns().slice(0, -2), { type: "run-ended", ...end }];
    assert.match(pageOf({ records: ended }), /state warn">stopped: budget</);
    const records = [jobRecord(startMs, "n", null, null)];
    assert.doesNotMatch(pageOf({ records }), /<svg|<table/);
  });

  it("stays small, whatever has happened", () => {
    const records: WritableRecord[] = [jobRecord(startMs, "n", null, null)];
    for (let run = 1; run <= 300; run++) {
      const atMs = startMs + run * 60 * minute;
      records.push({ type: "run-started", atMs, run, token: `t${run}`, pid: 1, host: "h" });
      for (let i = 0; i < 10; i++) {
        const item = keyOf(`${run}/${i}`);
        const cause = `cause ${run}`;
        records.push({ type: "failed", atMs, run, attempt: 1, item, cause, message: "x".repeat(5_000) + i });
      }
    }
    const page = pageOf({ records });
    assert.ok(page.length < 100_000, `${page.length}`);
    assert.match(page, /200 earlier runs[\s\S]*270 more causes/);
  });
});

describe("a report's figures", () => {
  it("part the time by what ran, and by silence where no run says so", () => {
    const at = (...seconds: number[]) => seconds.map((s) => ({ atMs: startMs + s * 1_000, count: 1 }));
    const runs = [
      { fromMs: startMs, toMs: startMs + 60_000 },
      { fromMs: startMs + 30_000, toMs: startMs + 90_000 },
      { fromMs: startMs + 7_200_000, toMs: startMs + 7_290_000 },
    ];
    const spans = spansOf(at(0, 89, 7_200, 7_290), runs);
    assert.deepEqual(
      spans.map(({ fromMs, toMs }) => [(fromMs - startMs) / 1_000, (toMs - startMs) / 1_000]),
      [
        [0, 90],
        [7_200, 7_290],
      ],
    );
    assert.deepEqual(
      spans.map(({ counts }) => counts.reduce((a, b) => a + b)),
      [2, 2],
    );
    assert.ok(spans.every(({ counts }) => counts.length <= 96));
    assert.equal(spansOf(at(0, 5, 10, 9_000, 9_005), []).length, 2);
    assert.equal(spansOf(at(0, 5, 300), [{ fromMs: startMs + 290_000, toMs: startMs + 310_000 }]).length, 2);
    assert.deepEqual(spansOf([], []), []);
  });

  it("lose no item in a histogram, and name percentiles that items have", () => {
    const sorted = Array.from({ length: 1_000 }, (_, i) => (i + 1) ** 2);
    const bins = histogramOf(sorted);
    assert.equal(
      bins.reduce((sum, { count }) => sum + count, 0),
      1_000,
    );
    assert.ok(bins.length <= 24 && bins.at(-1)!.count > 0);
    assert.deepEqual([percentile(sorted, 0.5), percentile(sorted, 1)], [250_000, 1_000_000]);
    assert.equal(histogramOf([0, 0, 0])[0]!.count, 3);
    assert.equal(percentile([], 0.5), undefined);
  });

  it("count an item once however often its end is told, and snapshots by what they add", () => {
    const timeline = new ReportTimeline();
    const done = { type: "done" as const, atMs: 1, item: keyOf("a"), ms: 5 };
    for (const record of [done, done, { ...done, item: keyOf("b"), by: "person" as const }])
      timeline.take(record);
    assert.deepEqual([timeline.finished, timeline.durationsMs], [[{ atMs: 1, count: 1 }], [5, 5]]);
    timeline.restart();
    const snapshot = (items: number, atMs: number) =>
      timeline.take({
        ...{ type: "snapshot" as const, atMs, turn: 1, state: {}, stateText: "{}" },
        items: new Array<ItemKey>(items).fill(keyOf("x")),
      });
    snapshot(2, 1);
    snapshot(2, 2);
    snapshot(5, 3);
    assert.deepEqual(
      timeline.finished.map(({ count }) => count),
      [2, 3],
    );
  });

  it("hide addresses and paths in messages, and leave words and hosts", () => {
    const shared = (text: string) => shareText(text, "item-17");
    assert.equal(shared("item-17 of jane.doe@x.example.com failed"), "[item] of [e-mail] failed");
    assert.equal(
      shared("ENOENT: no such file, open '/home/jane/docs/a.md' or C:\\Users\\Jane\\a.md"),
      "ENOENT: no such file, open '[path]' or [path]",
    );
    assert.equal(
      shared("POST https://api.example.com/v1/x?user=jane: 429 1/2 and/or n/a"),
      "POST https://api.example.com/[…] 429 1/2 and/or n/a",
    );
    assert.equal(shareText("jane@x.example.com", null), "jane@x.example.com");
  });

  it("hide them in time in step with a message that is made to be searched for ever", () =>
    assertLinear((length) => {
      shareText(`${"/a".repeat(length / 4)}${"a.".repeat(length / 4)}@`, "item-17");
    }, 25_000));
});
