import { memberOf } from "../errors.js";

/** How many errors of a chain are looked at: more is a circle, or somebody's joke. */
const maxParts = 16;

/**
 * An error, what caused it, and what an AggregateError gathers, outermost first. Never throws, whatever was thrown:
 * libraries wrap what `fetch` threw up to four deep, and circles happen.
 */
export function errorsIn(error: unknown): unknown[] {
  const parts = new Set<unknown>([error]);
  for (const part of parts) {
    const gathered = memberOf(part, "errors");
    for (const next of [memberOf(part, "cause"), ...listOf(gathered)])
      if (next !== null && typeof next === "object" && parts.size < maxParts) parts.add(next);
  }
  return [...parts];
}

/** The names of an error's class and of those it extends: some SDKs leave `name` as "Error". */
export function classNamesOf(error: unknown): string[] {
  const names = [memberOf(error, "name")];
  let prototype = prototypeOf(error);
  for (let depth = 0; prototype && depth < maxParts; depth++) {
    names.push(memberOf(memberOf(prototype, "constructor"), "name"));
    prototype = prototypeOf(prototype);
  }
  return names.filter((name): name is string => typeof name === "string");
}

function prototypeOf(value: unknown): unknown {
  try {
    return value !== null && typeof value === "object" ? Object.getPrototypeOf(value) : undefined;
  } catch {
    return undefined; // a proxy that was revoked
  }
}

function listOf(value: unknown): unknown[] {
  try {
    return Array.isArray(value) ? value.slice(0, maxParts) : [];
  } catch {
    return [];
  }
}
