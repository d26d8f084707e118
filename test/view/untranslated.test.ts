import { foreignKinds } from "../../src/runtime/format/foreignKinds.js";
import { keyOf } from "../../src/runtime/format/itemId.js";
import type { CheckpointRecord } from "../../src/runtime/format/record.js";
import type { Fault } from "../../src/runtime/format/scan.js";
import type { JobPlan } from "../../src/runtime/state/jobPlan.js";
import { planRepair, type RepairPlan } from "../../src/runtime/state/repairPlan.js";
import { changeLines } from "../../src/view/changeText.js";
import { faultText } from "../../src/view/faultText.js";
import { kindText } from "../../src/view/foreignText.js";
import { endingText, jobDetails, jobRow } from "../../src/view/jobRow.js";
import { jobView } from "../../src/view/jobView.js";
import { lossText } from "../../src/view/lossText.js";
import { countsText, idChoices } from "../../src/view/mappingText.js";
import {
  doubtSummary,
  planDocument,
  planSummary,
  redoSummary,
  retrySummary,
} from "../../src/view/planText.js";
import { progressText } from "../../src/view/progress.js";
import { editText, repairLines, repairSentence } from "../../src/view/repairText.js";
import { itemLines } from "../../src/view/rowText.js";
import { statusBar } from "../../src/view/statusBar.js";
import { bytesText, durationText } from "../../src/view/text.js";
import { readFixture, readForeign } from "../support/foreign.js";
import { translated } from "./pseudoLanguage.js";
import { sampleView } from "./sample.js";
import { reasons, samples } from "./variedSamples.js";

describe("no word is left out of translation", () => {
  it("in rows and their tooltips", () => {
    translated(() => [jobRow("nightly", null).description, ...jobDetails("nightly", null)]);
    translated(() =>
      samples.flatMap((sample) => {
        const view = sampleView(sample);
        const { description, accessibleLabel } = jobRow("nightly", view);
        return [description, accessibleLabel, ...jobDetails("nightly", view), lossText(view)];
      }),
    );
    const view = sampleView({ done: 12, begun: 2 });
    const run = view.status.lastRun!.run;
    translated(() =>
      [undefined, "heap"].flatMap((detail) => {
        const lastRun = { run, ended: "out-of-memory" as const, ...(detail && { detail }) };
        const one = { ...view, status: { ...view.status, lastRun, retrying: 2 } };
        return [...jobDetails("nightly", one), lossText({ ...one, state: { ...one.state, doneMs: null } })];
      }),
    );
  });

  it("in rows and tooltips of other tools' files", () => {
    const lines = (bad: string) => `{"custom_id":"doc","result":{"type":"expired"}}\n${bad}`;
    const read = [
      ...["openai/batch_6742f1c2_output.jsonl", "promptfoo/results.json"].map((name) => readFixture(name)),
      ...['{"custom_id":"note"}\n', '{"custom_id":"note"}\n{"custom_id":"doc"}\n'].map((bad) =>
        readForeign(lines(bad)),
      ),
    ];
    translated(() =>
      read.flatMap(({ state, summary }) => {
        const view = jobView({
          ...{ checkpoint: "nightly", fallbackName: "nightly", state, scan: summary, holder: null, nowMs: 0 },
        });
        const { description, accessibleLabel } = jobRow("nightly", view);
        return [description, accessibleLabel, ...jobDetails("nightly", view)];
      }),
    );
  });

  it("in what kind a file is of", () => {
    translated(() => foreignKinds.map(kindText));
  });

  it("in how runs end, also those that nobody saw end", () => {
    const ends = [
      ...["stopped", "interrupted", "terminated", "limit", "error", "in-doubt", "migrated", "killed"],
      ...["out-of-memory", "reboot", "taken-over", "unknown", ...reasons],
    ];
    translated(() => [
      ...ends.map((ended) => endingText(ended)),
      ...["SIGHUP", "SIGTERM"].map((signal) => endingText("terminated", { signal })),
      endingText("out-of-memory", { detail: "heap" }),
    ]);
  });

  it("in the status bar and in the line of a run's progress", () => {
    const views = samples
      .map((sample) => sampleView({ ...sample, live: true }))
      .map((view) => ({ ...view, status: { ...view.status, retrying: 2 } }));
    translated(() => statusBar([views[1]!])!.text.split(" "));
    translated(() =>
      views.flatMap((view) => {
        const shown = statusBar([view, view]);
        return [shown?.text, shown?.accessibleLabel];
      }),
    );
    const of = (width: number, isStopping: boolean, budget: { usd?: number; tokens?: number } | undefined) =>
      views.map(({ status, nowMs }) =>
        progressText({
          ...{ name: "nightly", status, elapsedMs: 60_000, doneBefore: 0, nowMs, width, isStopping, budget },
        }),
      );
    translated(() => [
      ...of(400, false, undefined),
      ...[20, 40, 60, 80].flatMap((width) => of(width, false, { tokens: 9_000 })),
      ...of(400, true, { usd: 2 }),
    ]);
  });

  it("in plans and what has changed", () => {
    const plan: JobPlan = {
      ...{ job: "nightly", label: "staging", checkpoint: "nightly", held: false, damaged: false },
      ...{ total: 1002, done: 847, new: 0, failed: 3, inDoubt: 1, gone: 0, toRun: 155 },
      inDoubtItems: [
        { item: "item-1", attempt: 1, run: 2, at: "12:04" },
      ] as unknown as JobPlan["inDoubtItems"],
      changed: {
        ...{ items: 7, itemIds: ["item-1"], stages: true },
        params: [
          { name: "", before: undefined, after: 1 },
          { name: "model-a", before: "model-a", after: "model-b" },
        ],
        sources: (["added", "removed", "changed"] as const).map((change) => ({ file: "doc.ts", change })),
      },
      expected: { ms: 900_000, tokens: 12_000, usd: 1.2 },
      saved: { items: 847, usd: 3.1, ms: 2_340_000 },
      budget: { usd: { limit: 20, spent: 3 }, tokens: { limit: 9, spent: 1 } },
    };
    const unknown: JobPlan = {
      ...{ ...plan, total: null, new: null, toRun: null, budget: null, done: 1 },
      ...{ expected: { ms: null, tokens: null, usd: null }, saved: { items: 1, usd: null, ms: null } },
    };
    translated(() =>
      [plan, unknown, { ...plan, done: 1 }, { ...unknown, done: 9 }].flatMap((one) => [
        ...[planSummary(one), retrySummary(one, 2), redoSummary(one)],
        doubtSummary(one, "item-1", "item-2"),
        ...planDocument(one),
        ...changeLines(one.changed),
      ]),
    );
  });

  it("in faults and in what a repair does", () => {
    const summary = sampleView({ damaged: true }).scan;
    const causes: Fault["reason"][] = [
      ...(["torn", "merged", "checksum", "not-json", "not-utf8", "nul", "too-long", "wrong-shape"] as const),
    ];
    const faults = causes.map(
      (reason, i): Fault => ({
        ...{ line: i + 2, offsetBytes: i * 50, lengthBytes: 41, reason, residue: i === 0 },
        ...{ salvaged: i === 1 ? 1 : 0 },
      }),
    );
    const plan = planRepair({
      ...{ summary, sizeBytes: 5_000 },
      faults: faults.map((fault) => ({ fault, salvaged: [] })),
    });
    const items = ["item-1", "item-2", "item-3", "item-4", "item-5", "item-6"].map(keyOf);
    const busy: RepairPlan = {
      ...{ ...plan, salvagedRecords: 2, salvagedBytes: 90, addsNewline: true, doneItems: 12 },
      ...{ gained: items, lost: items, redo: { items: 6, ms: 9_000, usd: 0.4 } },
      ...{ offeredRecords: 2, offeredItems: items, otherJobs: [{ line: 7, job: "nightly" }] },
    };
    const quiet = { ...plan, edits: [], otherJobs: busy.otherJobs };
    translated(() => [
      ...faults.flatMap((fault) => [faultText(fault), faultText(fault, true)]),
      ...plan.edits.flatMap((edit) => [
        editText(edit),
        editText({ ...edit, hasMark: true, mayHaveHeld: items, readsAs: items, offered: 1 }),
        editText({ ...edit, kept: [{ start: 0, end: 9 }] }),
      ]),
      ...[
        plan,
        busy,
        quiet,
        {
          ...busy,
          lost: [],
          doneItems: 1,
          offeredRecords: 1,
          offeredItems: [],
          redo: { items: 0, ms: null, usd: null },
        },
      ].flatMap((one) =>
        [true, false].flatMap((tornTail) => [
          ...repairLines(one, { tornTail }, { howToKeepOffered: "note" }),
          repairSentence(one, { tornTail }),
        ]),
      ),
      ...[0, 1, 900, 1_500, 2_500_000, 3e9, 4e12].map(bytesText),
      ...[9, 9_000, 900_000, 9_000_000, 36_900_000, 999_000_000].map(durationText),
    ]);
  });

  it("in how rows of another file are read, and what one says", () => {
    const rows = [{ doc: "item-1", note: 1 }, { doc: "item-2" }].map((value, i) => ({
      ...{ value, text: "", line: i + 1 },
    })) as unknown as Parameters<typeof idChoices>[0];
    const record = {
      type: "failed",
      item: keyOf("doc"),
      cause: "timeout",
      message: "why",
    } as CheckpointRecord;
    const row = { file: "nightly", line: 3, text: "why", isCut: true };
    const open = { ...record, type: "started" } as CheckpointRecord;
    const done = { ...record, type: "done" } as CheckpointRecord;
    translated(() => [
      ...idChoices(rows).map(({ detail }) => detail),
      countsText(rows, { id: "note", error: "doc" }),
      countsText(rows, { id: "doc", result: "note" }),
      ...itemLines("doc", "nightly", []),
      ...itemLines(
        "doc",
        "nightly",
        [record, open, done].map((one) => ({ ...row, record: one })),
      ),
    ]);
  });
});
