import { type ItemKey, keyOf } from "../../src/runtime/format/itemId.js";
import { jobRecord, type WritableRecord } from "../../src/runtime/format/record.js";

const startMs = 1_748_107_200_000;
const texts = [
  "plain",
  'quotes " and \\',
  "naïve ☃ 😀",
  "\u2028 line \r end",
  '{"id":"nested","ts":1}',
  "}{",
];

/** A log as real runs leave it: every kind of record, ids of every kind, results of many shapes. The same each time. */
export function mixedLog(items: number): WritableRecord[] {
  const records: WritableRecord[] = [
    jobRecord(startMs, "mixed", null, "mixed.job.ts"),
    {
      type: "run-started",
      atMs: startMs,
      run: 1,
      pid: 1,
      host: "ada",
      token: "t1",
      concurrency: 8,
      params: { p: 1 },
    },
    { type: "input", atMs: startMs, run: 1, total: items },
  ];
  for (let i = 0; i < items; i++) {
    const item = mixedKey(i);
    const base = { atMs: startMs + i * 1000 + 123, item, run: 1 };
    if (i % 2 === 0) records.push({ ...base, type: "started", attempt: 1 });
    if (i % 3 === 0)
      records.push({ ...base, type: "step", attempt: 1, step: "outline", op: `op${i}`, result: i });
    if (i % 4 === 0)
      records.push({ ...base, type: "spent", attempt: 1, n: 1, usage: { usd: 1, requests: 2 } });
    if (i % 13 === 0) records.push({ ...base, type: "progress", attempt: 1, fraction: 0.5 });
    if (i % 11 === 0) records.push({ ...base, type: "waiting", attempt: 1, pass: 0 });
    if (i % 5 === 0)
      records.push({ ...base, type: "failed", attempt: 1, cause: "timeout", message: texts[i % 6]! });
    const usage = { inputTokens: i * 10, outputTokens: i, usd: i / 1000 };
    if (i % 7 !== 0)
      records.push({ ...base, type: "done", result: resultOf(i), attempt: 2, ms: i * 7, usage });
  }
  const slower = { concurrency: 4, until: startMs / 1000 + 2, cause: "rate-limit" };
  records.push({ type: "pace", atMs: startMs, run: 1, n: 1, ...slower });
  records.push({ type: "gone", atMs: startMs, item: keyOf("was here"), run: 1 });
  records.push({ type: "run-ended", atMs: startMs + 1e6, run: 1, reason: "stopped" });
  return records;
}

function mixedKey(i: number): ItemKey {
  return keyOf([`item-${i}`, i, BigInt(i) + 9007199254740993n, `é ${i} "\\`][i % 4]!);
}

function resultOf(i: number): unknown {
  return [undefined, null, texts[i % 6], { text: texts[i % 6], list: [i, true] }, "x".repeat(i)][i % 5];
}
