import fc from "fast-check";
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

const text = fc.string({ unit: "binary" });
const usage = fc.record(
  {
    inputTokens: fc.nat(),
    outputTokens: fc.nat(),
    cachedTokens: fc.nat(),
    cacheWriteTokens: fc.nat(),
    usd: fc.nat(1_000_000).map((n) => n / 1e4), // sums above 100,000 leave no room for ten decimals
  },
  { requiredKeys: [] },
);
const key = fc
  .oneof(text, fc.maxSafeInteger(), fc.bigInt(), fc.boolean(), fc.constant(null))
  .map((id) => keyOf(id));
const atMs = fc.integer({ min: 0, max: 4e12 });
const positive = fc.nat().map((n) => n + 1);

/** Any record that a writer may write. */
export const anyRecord: fc.Arbitrary<WritableRecord> = fc.oneof(
  fc.record(
    {
      ...{ type: fc.constant("done" as const), atMs, item: key, result: fc.jsonValue() },
      ...{ ms: fc.nat(), attempt: positive, run: positive, usage, hash: text },
    },
    { requiredKeys: ["type", "atMs", "item"] },
  ),
  fc.record({ type: fc.constant("started" as const), atMs, item: key, run: positive, attempt: positive }),
  fc.record({
    ...{ type: fc.constant("step" as const), atMs, item: key, run: positive, attempt: positive },
    ...{ step: text, op: text, result: fc.jsonValue(), ms: fc.nat() },
  }),
  fc.record({
    ...{ type: fc.constant("failed" as const), atMs, item: key, run: positive, attempt: positive },
    ...{ cause: text, message: text, usage },
  }),
  fc.record({
    ...{ type: fc.constant("spent" as const), atMs, item: key, run: positive, attempt: positive },
    ...{ n: positive, usage },
  }),
  fc.record({
    ...{ type: fc.constant("waiting" as const), atMs, item: key, run: positive, attempt: positive },
    pass: fc.nat(3),
  }),
  fc.record({
    ...{ type: fc.constant("pace" as const), atMs, run: positive, n: positive, concurrency: positive },
    ...{ until: fc.nat(), cause: text },
  }),
  fc.record({ type: fc.constantFrom("gone" as const, "back" as const), atMs, item: key, run: positive }),
  fc.record({ type: fc.constant("input" as const), atMs, run: positive, total: fc.nat() }),
  fc.record({
    ...{ type: fc.constant("run-started" as const), atMs, run: positive, pid: fc.nat(), host: text },
    ...{ token: text, params: fc.jsonValue() },
  }),
  fc.record({ type: fc.constant("job" as const), atMs, v: fc.constant(1), job: text, label: text }),
  fc.record({ type: fc.constant("write-error" as const), atMs, run: positive, code: text }),
  fc.record({
    type: fc.constant("run-ended" as const),
    atMs,
    run: positive,
    reason: fc.constant("limit" as const),
  }),
);
