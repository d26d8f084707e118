/** What the model server does with a request: drawn from a seed, or told by the prompt. */

export const rateLimitFaults = [
  "rate-limit-seconds", // 429, `retry-after` in seconds
  "rate-limit-date", // … as an HTTP date
  "rate-limit-ms", // … `retry-after-ms`
  "rate-limit-bare", // … without a word of when
] as const;

export const faults = [
  ...rateLimitFaults,
  "overloaded", // 529, OpenAI's 503
  "server-error", // 500
  "unavailable", // 503 of a proxy in front, in HTML
  "context-too-long", // 400
  "too-large", // 413
  "bad-request", // 400
  "no-model", // 404
  "unauthorized", // 401
  "forbidden", // 403
  "no-credit", // Anthropic's 400, OpenAI's 429 `insufficient_quota`
  "filtered", // 400: the service's filter, before any model
  "refusal", // 200: the model declines
  "prose", // 200: the model writes something else than the JSON that it was asked for
  "invalid-json", // 200: the body is cut
  "stream-error", // 200, then an error in the stream; 500 where nothing is streamed
  "drip", // 200, a few bytes at a time
  "reset", // 200, half a body, then a reset
  "reset-early", // a reset before any answer
  "hang", // never any answer
] as const;
export type Fault = (typeof faults)[number];

/** The share of requests, from 0 to 1, that meets a fault. "rate-limit" is spread over its four kinds. */
export type Rates = Partial<Record<Fault | "rate-limit", number>>;

export interface Plan {
  /** Default 1. */
  seed?: number;
  rates?: Rates;
  /** Of requests that are answered; default none. */
  latencyMs?: readonly [number, number];
  /** Of replies; default 20 to 200. */
  outputTokens?: readonly [number, number];
}

/** What the prompt of a request asks of the server. */
export interface Instructions {
  item: string;
  /** Of the item's requests in turn; the last holds for all further ones, unless it is "none". */
  faults?: readonly (Fault | "none")[];
  tokens?: { input: number; output: number };
  latencyMs?: number;
}

/** A prompt that carries instructions: `[item:a] [fault:overloaded,none] [tokens:100/20] [latency:50]`. */
export function promptFor(
  { item, faults, tokens, latencyMs }: Instructions,
  text = "Summarise this.",
): string {
  const parts = [
    `[item:${item}]`,
    ...(faults ? [`[fault:${faults.join()}]`] : []),
    ...(tokens ? [`[tokens:${tokens.input}/${tokens.output}]`] : []),
    ...(latencyMs === undefined ? [] : [`[latency:${latencyMs}]`]),
  ];
  return `${text} ${parts.join(" ")}`;
}

export interface Decision {
  item: string;
  fault: Fault | undefined;
  inputTokens: number;
  outputTokens: number;
  latencyMs: number;
}

/**
 * What happens to an item's nth request (from 0). It depends on nothing but its arguments, so that a test knows
 * beforehand what each item will meet, in whatever order and at whatever speed items come.
 */
export function decide(plan: Plan, body: string, attemptOf: (item: string) => number): Decision {
  const item = part(body, "item") ?? "unnamed";
  const attempt = attemptOf(item);
  const told = part(body, "fault")?.split(",");
  const fault = told
    ? (told[Math.min(attempt, told.length - 1)] as Fault | "none")
    : drawFault(plan, item, attempt);
  const draw = (what: string, [low, high]: readonly [number, number]) =>
    low + (high - low) * fraction(`${what}/${plan.seed ?? 1}/${item}/${attempt}`);
  const [input, output] = (part(body, "tokens") ?? "").split("/");
  const latency = part(body, "latency");
  return {
    item,
    fault: fault === "none" ? undefined : fault,
    inputTokens: input ? Number(input) : Math.ceil(body.length / 4),
    outputTokens: output ? Number(output) : Math.round(draw("output", plan.outputTokens ?? [20, 200])),
    latencyMs: latency ? Number(latency) : draw("latency", plan.latencyMs ?? [0, 0]),
  };
}

/** The fault that an item's nth request (from 0) draws. */
export function drawFault({ seed = 1, rates = {} }: Plan, item: string, attempt: number): Fault | "none" {
  let left = fraction(`fault/${seed}/${item}/${attempt}`);
  for (const [name, rate] of Object.entries(rates)) {
    if (left < rate) {
      const kinds = name === "rate-limit" ? rateLimitFaults : [name as Fault];
      return kinds[Math.floor((left / rate) * kinds.length)]!;
    }
    left -= rate;
  }
  return "none";
}

function part(body: string, name: string): string | undefined {
  const start = body.indexOf(`[${name}:`);
  return start < 0 ? undefined : body.slice(start + name.length + 2, body.indexOf("]", start));
}

/** FNV-1a with murmur's end: 0 to 1, evenly, for texts that differ by one digit. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296;
}
