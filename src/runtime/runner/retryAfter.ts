import { maxRetryAfterMs } from "../config.js";
import { memberOf } from "../errors.js";
import { errorsIn } from "./errorParts.js";

/**
 * How long a service asks to wait, in milliseconds from `nowMs` (Unix time); undefined where it does not say.
 *
 * In this order: `retry-after-ms`; `Retry-After` in seconds, fractions too, or as an HTTP date (RFC 9110, 10.2.3: all
 * three forms) or ISO date; and where neither is there, the latest reset of a limit whose `remaining` is 0:
 * `anthropic-ratelimit-*`, `x-ratelimit-*-requests` and `-tokens`, `x-ratelimit-*`. A moment that has passed is 0.
 * What is negative, unreadable, or more than a day ahead counts as not said: it is a mistake, such as milliseconds for
 * seconds, and to sleep on it for days would look like a hang.
 *
 * @param headers a `Headers`, or a plain object with names in any case
 */
export function retryAfterMs(headers: unknown, nowMs: number): number | undefined {
  const read = reader(headers);
  const asked = inMs(read("retry-after-ms")) ?? afterMs(read("retry-after"), nowMs);
  return asked ?? resetMs(read, nowMs);
}

/** The answer's headers that an error carries, itself or in its causes, as the SDKs, axios and got keep them. */
export function errorHeadersOf(error: unknown): unknown {
  for (const part of errorsIn(error)) {
    const candidates = [
      ...[memberOf(part, "headers"), memberOf(memberOf(part, "response"), "headers")],
      memberOf(part, "responseHeaders"),
    ];
    const headers = candidates.find((value) => value !== null && typeof value === "object");
    if (headers !== undefined) return headers;
  }
  return undefined;
}

type Read = (name: string) => string | undefined;

function reader(headers: unknown): Read {
  const values = new Map<string, string>();
  try {
    const isIterable = typeof memberOf(headers, Symbol.iterator) === "function";
    const entries = isIterable
      ? [...(headers as Iterable<[unknown, unknown]>)]
      : Object.entries((headers ?? {}) as Record<string, unknown>);
    for (const [name, value] of entries) {
      const first = Array.isArray(value) ? value[0] : value;
      if (typeof first === "string" || typeof first === "number")
        values.set(String(name).toLowerCase(), String(first).trim());
    }
  } catch {
    // no headers that can be read
  }
  return (name) => values.get(name);
}

function inMs(text: string | undefined, unitMs = 1): number | undefined {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? sensible(Number(text) * unitMs) : undefined;
}

function afterMs(text: string | undefined, nowMs: number): number | undefined {
  return inMs(text, 1_000) ?? untilMs(text, nowMs);
}

const httpDate = /^[A-Z][a-z]{2,8}, \d{2}[ -][A-Z][a-z]{2}[ -]\d{2,4} \d{2}:\d{2}:\d{2} GMT$/;
const asctimeDate = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;
const isoDate = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

function untilMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  // `Date.parse` alone would take "in 5 minutes" for a day in May.
  const date = asctimeDate.test(text) ? `${text} GMT` : httpDate.test(text) || isoDate.test(text) ? text : "";
  return sensible(Math.max(Date.parse(date) - nowMs, 0));
}

function sensible(ms: number): number | undefined {
  return ms >= 0 && ms <= maxRetryAfterMs ? Math.ceil(ms) : undefined;
}

const limits = ["requests", "tokens", "input-tokens", "output-tokens"];
const resets = [
  ...limits.map((limit) => ["anthropic-ratelimit-", `${limit}-`, ""] as const),
  ...["-requests", "-tokens", ""].map((limit) => ["x-ratelimit-", "", limit] as const),
];

function resetMs(read: Read, nowMs: number): number | undefined {
  const waits = resets
    .filter(([start, before, after]) => read(`${start}${before}remaining${after}`) === "0")
    .map(([start, before, after]) => resetIn(read(`${start}${before}reset${after}`), nowMs))
    .filter((ms): ms is number => ms !== undefined);
  return waits.length > 0 ? Math.max(...waits) : undefined;
}

const unitMs: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** A date (Anthropic), "6m0s" or "120ms" (OpenAI), seconds, or the Unix time in seconds or milliseconds (others). */
function resetIn(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{9,}(\.\d+)?$/.test(text))
    return sensible(Math.max(Number(text) * (Number(text) < 1e11 ? 1_000 : 1) - nowMs, 0));
  if (!/^(\d+(\.\d+)?(ms|[dhms]))+$/.test(text)) return afterMs(text, nowMs);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)];
  return sensible(parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitMs[unit!]!, 0));
}
