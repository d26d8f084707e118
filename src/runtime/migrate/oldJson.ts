/** JSON as Python wrote it: every number keeps its digits, and NaN and the infinities stand as null. */
import { type ItemKey, keyOf } from "../format/itemId.js";
import { withoutPythonTokens } from "../format/json.js";

/** TypeScript's library does not know them yet. */
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): { rawJSON: string };
  isRawJSON(value: unknown): value is { rawJSON: string };
};

export interface OldJson {
  /** Numbers that a double does not write as the text did are `JSON.rawJSON` objects, which `JSON.stringify` writes so. */
  value: unknown;
  /** It had NaN or an infinity in it. */
  hadNonNumbers: boolean;
}

/** @throws SyntaxError where the text is no JSON; RangeError where it is nested too deeply */
export function parseOldJson(text: string): OldJson {
  const plain = withoutPythonTokens(text);
  const value: unknown = JSON.parse(plain, ((_: string, member: unknown, context?: { source?: string }) =>
    typeof member === "number" && context?.source !== undefined && String(member) !== context.source
      ? rawJSON(context.source)
      : member) as (key: string, value: unknown) => unknown);
  return { value, hadNonNumbers: plain !== text };
}

export type Members = Record<string, unknown>;

export const isMembers = (value: unknown): value is Members =>
  value !== null && typeof value === "object" && !Array.isArray(value) && !isRawJSON(value);

/** A member of the object itself; undefined where there is none, whatever its name. */
export const memberOf = (members: Members, name: string): unknown =>
  Object.hasOwn(members, name) ? members[name] : undefined;

/** A finite number; undefined for anything else. */
export function numberOf(value: unknown): number | undefined {
  const number = isRawJSON(value) ? Number(value.rawJSON) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** An item's key; undefined where the value is no JSON scalar. */
export function oldKeyOf(id: unknown): ItemKey | undefined {
  if (isRawJSON(id)) return id.rawJSON as ItemKey;
  if (typeof id === "string" || typeof id === "number" || typeof id === "boolean" || id === null)
    return keyOf(id);
  return undefined;
}

const latestSeconds = 8.64e12;

/** Python's `time.time()` as milliseconds; undefined where it is no time. */
export function msOfSeconds(value: unknown): number | undefined {
  const seconds = numberOf(value);
  return seconds !== undefined && seconds > 0 && seconds < latestSeconds ? seconds * 1000 : undefined;
}
