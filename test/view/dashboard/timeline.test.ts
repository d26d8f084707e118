import assert from "node:assert/strict";
import fc from "fast-check";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { encodeRecord, type WritableRecord } from "../../../src/runtime/format/record.js";
import { CheckpointScanner } from "../../../src/runtime/format/scan.js";
import { applyRecord } from "../../../src/runtime/state/fold.js";
import { createJobState } from "../../../src/runtime/state/jobState.js";
import { chartsOf } from "../../../src/view/dashboard/charts/index.js";
import { LatencySketch } from "../../../src/view/dashboard/latencySketch.js";
import { durationScale, durationsIn, scaleOf, timesIn } from "../../../src/view/dashboard/scale.js";
import { TimeBuckets } from "../../../src/view/dashboard/timeBuckets.js";
import { DashboardTimeline } from "../../../src/view/dashboard/timeline.js";
import { jobView } from "../../../src/view/jobView.js";
import { closestJoined, maxSpans, percentile } from "../../../src/view/report/throughput.js";
import { durationText } from "../../../src/view/text.js";
import { readFixture } from "../../support/foreign.js";
import { type LongJob, longJobRecords, nightly } from "../../support/longJob.js";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** What the dashboard makes of a log. */
function made(records: readonly WritableRecord[], tail = Buffer.alloc(0)) {
  const state = createJobState();
  const scanner = new CheckpointScanner();
  const bytes = Buffer.concat([...records.map(encodeRecord), tail]);
  const timeline = new DashboardTimeline(bytes.length);
  for (const scanned of scanner.push(bytes)) {
    applyRecord(state, scanned.record);
    timeline.take(scanned, state);
  }
  const view = jobView({
    ...{ checkpoint: "n.jsonl", fallbackName: "n", state, scan: scanner.summary(), holder: null },
    nowMs: state.lastRecordAtMs ?? 0,
  });
  const charts = Object.fromEntries(chartsOf(view, timeline).map((chart) => [chart.id, chart]));
  return { state, timeline, view, charts, buckets: timeline.buckets.sorted() };
}

/** The same of records that were scanned before: most of the time goes into that. */
function madeOf(records: readonly WritableRecord[]) {
  const lengthBytes = 180;
  const state = createJobState();
  const timeline = new DashboardTimeline(records.length * lengthBytes);
  for (const record of records) {
    applyRecord(state, record);
    timeline.take({ record, lengthBytes }, state);
  }
  const scan = new CheckpointScanner().summary();
  const view = jobView({
    ...{ checkpoint: "n.jsonl", fallbackName: "n", state, scan, holder: null },
    nowMs: state.lastRecordAtMs ?? 0,
  });
  return { timeline, charts: Object.fromEntries(chartsOf(view, timeline).map((chart) => [chart.id, chart])) };
}

const small: LongJob = { ...nightly, items: 240 };

describe("what a dashboard keeps over time", () => {
  it("is as much as the fold counts, whatever comes twice", () => {
    const records = longJobRecords(small);
    const twice = records.flatMap((record, i) => [record, records[i >> 1]!]);
    const { state, buckets, timeline } = made(twice);
    const sum = (name: "done" | "usd" | "failed" | "inputTokens") =>
      buckets.reduce((total, bucket) => total + bucket[name], 0);
    assert.equal(sum("done"), state.done.size);
    assert.equal(sum("inputTokens"), state.usage.inputTokens);
    assert.ok(Math.abs(sum("usd") - state.usage.usd!) < 1e-9);
    assert.equal(
      sum("failed"),
      [...state.runs.values()].reduce((total, run) => total + run.failed, 0),
    );
    assert.equal(timeline.latency.count, state.done.size);
  });

  it("is bounded, and the same in whatever order things came", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 90 * 24 * hour }), { minLength: 1, maxLength: 300 }),
        (times) => {
          const keep = (order: readonly number[]) => {
            const buckets = new TimeBuckets(32);
            for (const atMs of order) buckets.add(atMs, { done: 1 });
            return buckets.sorted();
          };
          const kept = keep(times);
          assert.ok(kept.length <= 32);
          assert.equal(
            kept.reduce((sum, { done }) => sum + done, 0),
            times.length,
          );
          assert.deepEqual(keep([...times].reverse()), kept);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("knows every percentile of the durations to 5 percent, in a bounded room", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 10 ** 8 }), { minLength: 1, maxLength: 200 }), (all) => {
        const sketch = new LatencySketch();
        for (const ms of all) sketch.add(ms);
        const sorted = [...all].sort((a, b) => a - b);
        for (const share of [0.01, 0.5, 0.95, 1]) {
          const [told, exact] = [sketch.percentile(share), percentile(sorted, share)!];
          assert.ok(Math.abs(told / exact - 1) < 0.05, `${share}: ${told} for ${exact}`);
        }
        const bins = sketch.histogram();
        assert.ok(bins.length <= 29);
        assert.equal(
          bins.reduce((sum, { count }) => sum + count, 0),
          all.length,
        );
      }),
      { numRuns: 50 },
    );
  });

  it("ends a run that was lost where it gave its last sign, not where its successor said so", () => {
    const run = (n: number, atMs: number): WritableRecord => {
      return { type: "run-started", atMs, run: n, pid: 1, host: "h", token: `t${n}` };
    };
    const done = (id: string, n: number, atMs: number): WritableRecord => {
      return { type: "done", atMs, run: n, attempt: 1, item: keyOf(id), result: null };
    };
    const lost: WritableRecord = { type: "run-lost", atMs: hour, run: 1, cause: "killed" };
    const { charts } = made([
      run(1, 0),
      done("a", 1, minute),
      run(2, hour),
      lost,
      done("b", 2, hour + minute),
    ]);
    const { segments, summary } = charts.throughput!;
    assert.deepEqual(
      segments.map(({ gap }) => gap),
      [null, "59 min idle"],
    );
    assert.equal(summary, "1/min on average while it ran · 1 gap");
  });

  it("holds no more of 30,000 items than of 2,000", () => {
    const { timeline, charts } = madeOf(longJobRecords({ ...nightly, items: 30_000 }));
    assert.ok(timeline.buckets.sorted().length <= 4_096);
    assert.ok(timeline.etas.length > 30 && timeline.etas.length <= 128);
    const message = JSON.stringify(charts);
    assert.ok(message.length < 150_000, `${message.length} characters`);
    assert.ok(Object.values(charts).every(({ points }) => points.length < 200));
  });
});

describe("the charts of a job", () => {
  const { charts, state } = made(longJobRecords(nightly));

  it("show all runs, with the gaps between them", () => {
    const { segments, points, summary } = charts.throughput!;
    assert.equal(segments.length, 3);
    assert.deepEqual(
      segments.map(({ gap }) => gap),
      [null, "9 h idle", "13 h idle"],
    );
    assert.deepEqual(new Set(points.map(({ segment }) => segment)), new Set([0, 1, 2]));
    assert.match(summary, /\/min on average while it ran · \d+ failed attempts · 2 gaps$/);
    const done = points.reduce((sum, { cells }) => sum + Number(cells[1]!.replace(",", "")), 0);
    assert.equal(done, state.done.size);
  });

  it("share one axis of time", () => {
    for (const id of ["eta", "cost", "tokens"])
      assert.deepEqual(charts[id]!.segments, charts.throughput!.segments);
  });

  it("begin at zero, and have room for what is highest", () => {
    for (const { id, kind, ticks, most, points } of Object.values(charts)) {
      assert.equal(ticks[0]!.value, 0, id);
      const heights = points.map(({ values }) =>
        kind === "bars" ? values.reduce((a, b) => a + b, 0) : Math.max(...values),
      );
      assert.ok(Math.max(...heights) <= most, id);
      assert.ok(most < 2.6 * Math.max(...heights, charts[id]!.limit?.value ?? 0), id);
    }
  });

  it("end where the job's sums are, and show the budget that the run told", () => {
    const { points, limit, summary } = charts.cost!;
    assert.ok(Math.abs(points.at(-1)!.values[0]! - state.usage.usd!) < 1e-6);
    assert.deepEqual(limit, { value: 12, text: "budget $12.00" });
    assert.match(summary, / of \$12\.00, /);
    assert.equal(charts.tokens!.limit, null);
    const values = points.map(({ values: [usd] }) => usd!);
    assert.ok(values.every((usd, i) => i === 0 || usd >= values[i - 1]!));
  });

  it("tell how estimates came true: of the last run, less and less", () => {
    const last = charts.eta!.points.filter(({ cells }) => cells[1] === "3");
    assert.ok(last.length > 5);
    assert.ok(last.every(({ values: [p50, p90] }) => p50! <= p90!));
    assert.ok(last.at(-1)!.values[0]! < last[0]!.values[0]! / 3);
  });

  it("say the same in a table as in the drawing", () => {
    for (const { points, columns, id } of Object.values(charts))
      for (const { cells, label } of points) {
        assert.equal(cells.length, columns.length, id);
        assert.ok(label.length > 0 && cells.every((cell) => cell !== ""), id);
      }
  });

  it("leave out the budget where no run told one, and where it is far above what was spent", () => {
    const without = (budget?: LongJob["budget"]) => {
      const { budget: _, ...rest } = nightly;
      return made(longJobRecords({ ...rest, ...(budget && { budget }) })).charts.cost!;
    };
    assert.equal(without().limit, null);
    const far = without({ usd: 10_000 });
    assert.ok(far.most < 100 && far.limit?.value === 10_000);
  });

  it("say why they are empty", () => {
    const article = Buffer.from('{"id": "a", "ts": 1748107200}\n{"id": "b", "ts": 1748107260}\n');
    const why = made([], article).charts;
    assert.equal(why.throughput!.empty, null);
    assert.equal(why.latency!.empty, "The file does not say how long an item took.");
    assert.equal(why.eta!.empty, "An estimate needs runs, and this file tells of none.");
    assert.equal(why.cost!.title, "Cost and tokens");
    assert.equal(why.cost!.empty, "No record says what a call cost, or how many tokens it used.");
    assert.equal(why.tokens!.empty, "");
    const usage = { inputTokens: 10, outputTokens: 1 };
    const counted = made([
      { type: "run-started", atMs: 1_000, run: 1, pid: 1, host: "ada", token: "t" },
      { type: "done", atMs: 2_000, run: 1, attempt: 1, item: keyOf("a"), ms: 900, usage },
    ]).charts;
    assert.equal(counted.tokens!.empty, null);
    assert.equal(counted.cost!.empty, "No record says what a call cost.");
    const begun = made([
      { type: "run-started", atMs: 1_000, run: 1, pid: 1, host: "ada", token: "t" },
      { type: "started", atMs: 1_000, run: 1, attempt: 1, item: keyOf("a") },
    ]).charts;
    assert.equal(begun.throughput!.empty, "No item has ended yet.");
    assert.equal(begun.latency!.empty, "No item is done yet.");
    assert.match(begun.eta!.empty!, /the number of items/);
  });
});

describe("the charts of what has no time", () => {
  it("leave it off their axis, say so, and count it in their sums", () => {
    const { records, state } = readFixture("openai/batch_6742f1c2_output.jsonl");
    const { charts, timeline } = madeOf(records as WritableRecord[]);
    const { throughput, tokens } = charts;
    const years = timeline.buckets.sorted().map(({ firstMs }) => new Date(firstMs).getUTCFullYear());
    assert.deepEqual([...new Set(years)], [2024]);
    assert.equal(throughput!.segments.length, 1);
    assert.match(throughput!.summary, /3 failed attempts · 1 item without a time is not shown here$/);
    const { inputTokens, outputTokens } = state.usage;
    assert.ok(tokens!.summary.startsWith(`${inputTokens} in · ${outputTokens} out · `), tokens!.summary);
    assert.match(tokens!.summary, / · 6 tokens without a time are not shown here$/);
  });

  it("say that nothing tells when, where that is so of all of it", () => {
    const { records } = readFixture("anthropic/msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d_results.jsonl");
    const { throughput, tokens, cost } = madeOf(records as WritableRecord[]).charts;
    assert.equal(throughput!.empty, "The file does not say when its items ended.");
    assert.match(tokens!.empty!, /^\d+ in · \d+ out\. The file does not say when\.$/);
    assert.equal(cost!.empty, "No record says what a call cost.");
  });
});

describe("how long items took", () => {
  const chartOf = (...took: number[]) => {
    const dones = took.map((ms, i): WritableRecord => {
      return { type: "done", atMs: 2_000 + i, run: 1, attempt: 1, item: keyOf(i), ms };
    });
    const run = { atMs: 1_000, run: 1, pid: 1, host: "ada", token: "t" };
    return made([{ type: "run-started", ...run }, ...dones]).charts.latency!;
  };

  it("is a narrow bar in the middle where all took the same", () => {
    const { points, segments } = chartOf(900, 900, 900);
    assert.equal(points.length, 1);
    const { from, to } = points[0]!;
    assert.ok(to - from < 0.05 && Math.abs((from + to) / 2 - 0.5) < 0.05, `${from}–${to}`);
    assert.deepEqual(
      segments[0]!.ticks.map(({ text }) => text),
      ["500 ms", "1 s"],
    );
  });

  it("fills the chart where they differ", () => {
    const { points } = chartOf(10, 100, 1_000);
    assert.deepEqual([points[0]!.from, points.at(-1)!.to], [0, 1]);
  });
});

describe("axes", () => {
  it("have round figures, a few, up to what is shown", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), fc.boolean(), (most, isWhole) => {
        const scale = scaleOf(most, isWhole);
        assert.ok(scale.most >= most * (1 - 1e-9));
        assert.ok(scale.ticks.length >= 2 && scale.ticks.length <= 6);
        if (isWhole) assert.ok(scale.ticks.every(Number.isInteger));
      }),
    );
    assert.deepEqual(scaleOf(3, true).ticks, [0, 1, 2, 3]);
    assert.deepEqual(
      durationScale(95 * minute).ticks,
      [0, 30, 60, 90, 120].map((n) => n * minute),
    );
    for (const most of [50, 61, 75, 110, 200])
      assert.equal(
        new Set(durationScale(most * second).ticks.map(durationText)).size,
        durationScale(most * second).ticks.length,
      );
  });

  it("name round times of the day", () => {
    const from = new Date(2026, 10, 21, 4, 7).getTime();
    assert.deepEqual(
      timesIn(from, from + 2 * hour, 6).map((ms) => new Date(ms).getMinutes()),
      [30, 0, 30, 0],
    );
    assert.deepEqual(durationsIn(800, 9_000), [1_000, 2_000, 5_000]);
  });

  it("have at most so many stretches, the closest of which are joined", () => {
    const days = Array.from({ length: 40 }, (_, i) => ({
      fromMs: i * i * hour,
      toMs: i * i * hour + minute,
    }));
    const joined = closestJoined(days);
    assert.equal(joined.length, maxSpans);
    assert.equal(joined[0]!.fromMs, 0);
    assert.deepEqual(joined.at(-1), days.at(-1));
  });
});
