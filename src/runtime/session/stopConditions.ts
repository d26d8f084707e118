/** What a loop has come to, as its stop conditions see it. */
export interface LoopFigures {
  /** Iterations begun; a loop is looked at when all of them have ended. */
  iterations: number;
  /** Milliseconds since the loop began. */
  elapsedMs: number;
  /** All tokens so far, of input and output. */
  tokens: number;
  /** US dollars so far, of the calls whose cost is known. */
  usd: number;
  /** Milliseconds since progress was last noted, or since the loop began. */
  sinceProgressMs: number;
  /** How many calls had tokens but no known cost, so that `usd` is too low; left out: none. */
  unpricedCalls?: number;
}

/** Why a loop stops: which condition matched, and its figures. */
export interface StopReason {
  /** `max-iterations`, `max-seconds`, `max-tokens`, `max-usd`, `no-progress`, `all-of`, or a custom one's name. */
  condition: string;
  /** What the condition allows, in its own unit: iterations, seconds, tokens, US dollars. */
  limit?: number;
  /** What it had come to, in the same unit. */
  value?: number;
  /** For people; the wording is not stable. */
  message: string;
  /** Of `all-of`: the reasons of its parts. */
  parts?: StopReason[];
}

/** A condition on which a loop stops. Pure: the same figures give the same answer. */
export interface StopCondition {
  readonly name: string;
  /** Why a loop with these figures stops; undefined where it goes on. */
  evaluate(figures: LoopFigures): StopReason | undefined;
}

/**
 * Stops once `limit` iterations are done.
 * @throws RangeError where `limit` is no integer of at least 0
 */
export function maxIterations(limit: number): StopCondition {
  checkInteger("maxIterations", limit);
  return atMost("max-iterations", limit, "iterations", ({ iterations }) => iterations);
}

/**
 * Stops once `limit` seconds have passed since the loop began.
 * @throws RangeError where `limit` is no finite number of at least 0
 */
export function maxSeconds(limit: number): StopCondition {
  checkAmount("maxSeconds", limit);
  return atMost("max-seconds", limit, "s", ({ elapsedMs }) => elapsedMs / 1000);
}

/**
 * Stops once `limit` tokens are used, of input (cached as well) and output.
 * @throws RangeError where `limit` is no integer of at least 0
 */
export function maxTokens(limit: number): StopCondition {
  checkInteger("maxTokens", limit);
  return atMost("max-tokens", limit, "tokens", ({ tokens }) => tokens);
}

/**
 * Stops once `limit` US dollars are spent: the call that reaches it has been paid, so the overshoot is at most that
 * call. A call whose cost is unknown stops the loop as well, since nobody could say when the limit is reached; give
 * its model a price, 0 where it is free.
 * @throws RangeError where `limit` is no finite number of at least 0
 */
export function maxUsd(limit: number): StopCondition {
  checkAmount("maxUsd", limit);
  const name = "max-usd";
  return {
    name,
    evaluate({ usd, unpricedCalls = 0 }) {
      if (usd >= limit)
        return { condition: name, limit, value: usd, message: `${dollars(usd)} of ${dollars(limit)} spent` };
      if (unpricedCalls === 0) return undefined;
      const message = `at least ${dollars(usd)} of ${dollars(limit)} spent: the cost of ${unpricedCalls} more calls is unknown`;
      return { condition: name, limit, value: usd, message };
    },
  };
}

/**
 * Stops once no progress was noted for so many seconds, or for as long since the loop began.
 * @throws RangeError where `seconds` is no finite number above 0
 */
export function noProgress({ seconds }: { seconds: number }): StopCondition {
  if (!isFiniteNumber(seconds) || seconds <= 0)
    throw new RangeError(`Expected seconds of noProgress to be above 0, got ${String(seconds)}.`);
  const name = "no-progress";
  return {
    name,
    evaluate({ sinceProgressMs }) {
      const value = sinceProgressMs / 1000;
      if (value < seconds) return undefined;
      return { condition: name, limit: seconds, value, message: `no progress for ${rounded(value)} s` };
    },
  };
}

/**
 * A condition of one's own.
 * @param name names it in the reason
 * @param isReached whether the loop stops, or why it does; not asynchronous
 * @throws RangeError for an empty name; TypeError where `isReached` is no function, and, when evaluated, where it
 *   gives neither a boolean nor a text
 */
export function custom(name: string, isReached: (figures: LoopFigures) => boolean | string): StopCondition {
  if (typeof name !== "string" || name.trim() === "")
    throw new RangeError(`Expected the name of a condition to be a text, got ${JSON.stringify(name)}.`);
  if (typeof isReached !== "function")
    throw new TypeError(`Expected the condition ${JSON.stringify(name)} to be a function.`);
  return {
    name,
    evaluate(figures) {
      const reached = isReached(figures);
      if (typeof reached !== "boolean" && typeof reached !== "string")
        throw new TypeError(
          `Expected the condition ${JSON.stringify(name)} to give a boolean or a text at once, got ${typeof reached}.`,
        );
      if (reached === false) return undefined;
      return { condition: name, message: reached === true ? name : reached };
    },
  };
}

/**
 * Stops once one of these matches. The first that does, in this order, names itself.
 * @throws RangeError without conditions
 */
export function anyOf(...conditions: StopCondition[]): StopCondition {
  checkConditions("anyOf", conditions);
  return {
    name: "any-of",
    evaluate(figures) {
      for (const condition of conditions) {
        const reason = condition.evaluate(figures);
        if (reason) return reason;
      }
      return undefined;
    },
  };
}

/**
 * Stops once all of these match at the same time.
 * @throws RangeError without conditions
 */
export function allOf(...conditions: StopCondition[]): StopCondition {
  checkConditions("allOf", conditions);
  const name = "all-of";
  return {
    name,
    evaluate(figures) {
      const parts: StopReason[] = [];
      for (const condition of conditions) {
        const reason = condition.evaluate(figures);
        if (!reason) return undefined;
        parts.push(reason);
      }
      return { condition: name, message: parts.map(({ message }) => message).join(" and "), parts };
    },
  };
}

function atMost(
  name: string,
  limit: number,
  unit: string,
  amountIn: (figures: LoopFigures) => number,
): StopCondition {
  return {
    name,
    evaluate(figures) {
      const value = amountIn(figures);
      if (value < limit) return undefined;
      return { condition: name, limit, value, message: `${rounded(value)} of ${limit} ${unit}` };
    },
  };
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

const dollars = (usd: number): string =>
  usd.toLocaleString("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 6 });

const isFiniteNumber = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);

function checkAmount(name: string, limit: unknown): void {
  if (!isFiniteNumber(limit) || limit < 0)
    throw new RangeError(`Expected ${name} to be a number of at least 0, got ${String(limit)}.`);
}

function checkInteger(name: string, limit: unknown): void {
  if (!Number.isSafeInteger(limit) || (limit as number) < 0)
    throw new RangeError(`Expected ${name} to be an integer of at least 0, got ${String(limit)}.`);
}

function checkConditions(name: string, conditions: readonly StopCondition[]): void {
  if (conditions.length === 0) throw new RangeError(`Expected ${name} to have conditions, got none.`);
  for (const condition of conditions)
    if (typeof condition?.evaluate !== "function")
      throw new TypeError(`Expected a condition in ${name}, such as maxUsd(2), got ${typeof condition}.`);
}
