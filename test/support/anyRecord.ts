import fc from "fast-check";
import { keyOf } from "../../src/runtime/format/itemId.js";
import type { WritableRecord } from "../../src/runtime/format/record.js";
import { anyText } from "./anyText.js";

const text = anyText();
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
