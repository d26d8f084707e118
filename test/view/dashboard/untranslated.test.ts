import { applyRecord } from "../../../src/runtime/state/fold.js";
import { createJobState } from "../../../src/runtime/state/jobState.js";
import { chartsOf } from "../../../src/view/dashboard/charts/index.js";
import { anyFailure, FailurePick } from "../../../src/view/dashboard/failures.js";
import { headOf } from "../../../src/view/dashboard/head.js";
import { DashboardTimeline } from "../../../src/view/dashboard/timeline.js";
import type { JobView } from "../../../src/view/jobView.js";
import { longJobRecords, nightly } from "../../support/longJob.js";
import { translated } from "../pseudoLanguage.js";
import { sampleView } from "../sample.js";
import { samples } from "../variedSamples.js";

describe("no word of a dashboard is left out of translation", () => {
  const records = longJobRecords({ ...nightly, items: 240, budget: { usd: 2, tokens: 900_000 } });
  const state = createJobState();
  const timeline = new DashboardTimeline(0);
  for (const record of records) {
    applyRecord(state, record);
    timeline.take({ record, lengthBytes: 200 }, state);
  }
  /** Days are the language's own. */
  const withoutDay = (text: string) => text.replace(/\d+ [A-Z][a-z]{2} /g, "");
  const texts = (view: JobView, over: DashboardTimeline) =>
    chartsOf(view, over).flatMap(
      ({ title, summary, empty, series, segments, ticks, points, limit, columns }) => [
        ...[title, withoutDay(summary), empty, limit?.text, ...columns, ...series.map(({ name }) => name)],
        ...segments.flatMap(({ gap }) => [gap]),
        ...ticks.map(({ text }) => text),
        ...points.flatMap(({ label, cells }) => [label, ...cells]).map(withoutDay),
      ],
    );

  it("in its charts, full and empty", () => {
    translated(() => texts({ ...sampleView({}), state, nowMs: state.lastRecordAtMs! }, timeline));
    translated(() => texts(sampleView({}), new DashboardTimeline(0)));
  });

  it("in its head and its causes", () => {
    translated(() =>
      samples.flatMap((sample) => {
        const { lines, bar, figures } = headOf("nightly", sampleView(sample), []);
        return [...lines, bar?.label, ...figures.flatMap(({ name, value, note }) => [name, value, note])];
      }),
    );
    translated(() => {
      const pick = new FailurePick(anyFailure);
      for (const entry of sampleView({ failed: { timeout: ["why"] } }).status.failedItems) pick.take(entry);
      return pick.result().causes.map(({ label }) => label);
    });
  });
});
