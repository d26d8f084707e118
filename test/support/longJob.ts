// The log of a job as months of use leave it: several runs with nights in between, failures, retries, a budget.
import { type ItemKey, keyOf } from "../../src/runtime/format/itemId.js";
import { encodeRecord, jobRecord, type WritableRecord } from "../../src/runtime/format/record.js";
import { randomSource } from "./random.js";

export interface LongJob {
  name: string;
  items: number;
  /** When the first run began. */
  startMs: number;
  /** What part of the items each run comes to, and how long nobody ran it before. */
  runs: readonly { until: number; afterMs: number; slowness?: number }[];
  budget?: { usd?: number; tokens?: number };
  usage?: boolean;
}

const hour = 3_600_000;

/** Three runs over a day and a half: killed, stopped by its budget, and to its end. */
export const nightly = {
  name: "nightly",
  items: 2_400,
  startMs: Date.UTC(2026, 10, 20, 21, 40),
  runs: [
    { until: 0.42, afterMs: 0 },
    { until: 0.71, afterMs: 9 * hour, slowness: 1.6 },
    { until: 1, afterMs: 13 * hour },
  ],
  budget: { usd: 12 },
  usage: true,
} satisfies LongJob;

const slots = 8;
const causes = [
  ["rate-limit", "429 Too many requests: retry after 20 s"],
  ["rate-limit", "429 Too many requests: retry after 20 s"],
  ["rate-limit", "429 Too many requests: retry after 20 s"],
  ["bad-reply", 'The reply is no JSON: "Sure! Here is the summary you asked for…"'],
  ["bad-reply", "The reply lacks `total`"],
  ["refused", "The model declined"],
  ["input-too-long", "prompt is too long: 214000 tokens > 200000"],
  ["timeout", "No reply within 60 s"],
] as const;

/** The same for the same job. */
export function longJobRecords({ name, items, startMs, runs, budget, usage }: LongJob): WritableRecord[] {
  const below = randomSource(7);
  const random = () => below(1e9) / 1e9;
  const records: WritableRecord[] = [jobRecord(startMs, name, null, `../${name}.job.mjs`)];
  let atMs = startMs;
  let next = 0;
  for (const [i, { until, afterMs, slowness = 1 }] of runs.entries()) {
    const run = i + 1;
    atMs += afterMs;
    const host = { pid: 4_000 + run, host: "ada", token: `t${run}` };
    records.push(
      { type: "run-started", atMs, run, ...host, concurrency: slots, ...(budget && { budget }) },
      { type: "input", atMs, run, total: items },
    );
    const free = new Array<number>(slots).fill(atMs);
    const ended: WritableRecord[] = [];
    for (const end = Math.round(until * items); next < end; next++) {
      const slot = free.indexOf(Math.min(...free));
      // Now and then the service is slow for a while.
      const isBusy = Math.floor(next / (items / 24)) % 6 === 4;
      const ms = Math.round(2_600 * slowness * (isBusy ? 2.6 : 1) * Math.exp(0.55 * gaussian(random)));
      const item = keyOf(`${name}-${String(next + 1).padStart(6, "0")}`);
      free[slot]! += ms;
      ended.push(...endOf(item, run, free[slot]!, ms, random, usage ?? false));
    }
    ended.sort((a, b) => a.atMs - b.atMs);
    for (const record of ended) records.push(record);
    atMs = ended.at(-1)?.atMs ?? atMs;
    if (run === 2) records.push({ type: "run-ended", atMs, run, reason: "budget" });
    if (run > 2) records.push({ type: "run-ended", atMs, run, reason: "finished-with-failures" });
  }
  return records;
}

function endOf(
  item: ItemKey,
  run: number,
  atMs: number,
  ms: number,
  random: () => number,
  isPriced: boolean,
): WritableRecord[] {
  const inputTokens = Math.round(700 + 900 * random());
  const outputTokens = Math.round(60 + 260 * random());
  const usd = Math.round(inputTokens * 2 + outputTokens * 8) / 1e6;
  const told = isPriced ? { usage: { inputTokens, outputTokens, usd } } : {};
  const base = { item, run, atMs, attempt: 1 };
  if (random() < 0.04) {
    const [cause, message] = causes[Math.floor(random() * causes.length)]!;
    return [{ type: "failed", ...base, cause, message, ms, ...told }];
  }
  if (random() < 0.05)
    return [
      {
        ...{ type: "failed", ...base, atMs: Math.round(atMs - ms / 2) },
        ...{ cause: "overloaded", message: "529 Overloaded", retry: true },
      },
      { type: "done", ...base, attempt: 2, ms, ...told, result: { ok: true } },
    ];
  return [{ type: "done", ...base, ms, ...told, result: { ok: true } }];
}

/** Box and Muller. */
const gaussian = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export const longJobBytes = (job: LongJob): Buffer => Buffer.concat(longJobRecords(job).map(encodeRecord));
