import { CheckpointScanner } from "../../../src/runtime/format/scan.js";
import { createJobState } from "../../../src/runtime/state/jobState.js";
import { jobView } from "../../../src/view/jobView.js";
import { reportPage } from "../../../src/view/report/page.js";
import { type ReportData, reportData } from "../../../src/view/report/reportData.js";
import { shareText } from "../../../src/view/report/shareText.js";
import { ReportTimeline } from "../../../src/view/report/timeline.js";
import { translated } from "../pseudoLanguage.js";
import { sampleView } from "../sample.js";
import { samples } from "../variedSamples.js";

describe("no word is left out of translation", () => {
  it("in a report", () => {
    const state = createJobState();
    const summary = new CheckpointScanner().summary();
    const empty = jobView({
      ...{ checkpoint: "nightly", fallbackName: "nightly", state, scan: summary, holder: null, nowMs: 0 },
    });
    translated(() => [
      ...[empty, ...samples.map(sampleView)].map((view) =>
        wordsOf(reportPage(fullReport(reportData(view, new ReportTimeline(), { ids: true, results: [] })))),
      ),
      wordsOf(
        reportPage({ ...reportData(empty, new ReportTimeline(), { ids: false }), error: "why", results: [] }),
      ),
      wordsOf(reportPage(strangeReport(reportData(empty, new ReportTimeline(), { ids: false })))),
      shareText("Doc-1: ada@ada.com, /doc/why/note", "Doc-1"),
    ]);
  });
});

/** With something in each of its parts. */
function fullReport(report: ReportData): ReportData {
  const spans = [0, 100_000].map((at) => ({ fromMs: at, toMs: at + 60_000, counts: [1, 2, 3] }));
  return {
    ...{
      ...report,
      spans,
      durations: [900, 1_500, 9_000, 700_000],
      moreRuns: 1,
      moreCauses: 2,
      moreDamage: 1,
    },
    ...{ residue: 2, tornTail: true, models: [{ name: "model-a", attempts: 3 }] },
    damage: [{ reason: "torn", lines: 2 }],
    causes: [
      { cause: "timeout", items: 9, messages: [{ text: "", items: 9 }], moreMessages: 3, ids: ["item-1"] },
    ],
    stages: [{ name: "extract", done: 2 }],
    results: [{ id: "item-1", result: "why" }],
  };
}

/** With what is rare. */
function strangeReport(report: ReportData): ReportData {
  const usage = {
    ...report.usage,
    inputTokens: 1,
    cachedTokens: 1,
    cacheWriteTokens: 1,
    outputTokens: 1,
    usd: 1,
  };
  const run = {
    ...{ run: 1, startedAtMs: 0, endedAtMs: 90_000, isLastSign: true, isLive: false, ending: "42" },
    ...{ done: 0, failed: 0, usage, concurrency: null },
  };
  return {
    ...{
      ...report,
      format: "note",
      usage,
      doneUsage: usage,
      moreRuns: 2,
      moreCauses: 1,
      residue: 1,
      activeMs: 90_000,
    },
    counts: { total: 9, done: 3, failed: 1, inDoubt: 1, inFlight: 1, gone: 2 },
    ...{
      runs: [run, { ...run, isLive: true }, { ...run, endedAtMs: null }],
      eta: { p50Ms: 9_000, p90Ms: 99_000 },
    },
    models: ["model-a", "model-b"].map((name) => ({ name, attempts: 1 })),
    spans: [{ fromMs: 0, toMs: 3_600_000, counts: [1, 2, 3] }],
    results: [{ id: "item-1", result: "why" }],
  };
}

/** What a reader or a screen reader gets of a page. */
function wordsOf(page: string): string {
  const labels = [...page.matchAll(/aria-label="([^"]*)"/g)].map(([, label]) => label);
  const text = page
    .replace(/<style>.*?<\/style>/s, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/&#?\w+;/g, " ");
  return [text, ...labels].join("\n").replace(/\bp(50|95)\b/g, "");
}
