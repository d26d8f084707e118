/**
 * JSON whose integers above 2^53 keep their digits. JavaScript sees such a number rounded, as it always does; an id
 * and what a worker is given have the digits of the source.
 */
const sources = new WeakMap<object, Map<string, string>>();
let anyKept = false;

interface RawJson {
  rawJSON(text: string): unknown;
}

/** Parses JSON. An integer above 2^53 that is the whole value comes as a bigint. */
export function parseExactly(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, function (
    this: object,
    name: string,
    value: unknown,
    context?: { source?: string },
  ) {
    const source = context?.source ?? "";
    if (typeof value !== "number" || Number.isSafeInteger(value) || !/^-?\d+$/.test(source)) return value;
    if (name === "" && !Array.isArray(this)) return BigInt(source);
    const kept = sources.get(this) ?? new Map<string, string>();
    sources.set(this, kept.set(name, source));
    anyKept = true;
    return value;
  } as (name: string, value: unknown) => unknown);
}

/** The exact value of a member that JavaScript has rounded; undefined for any other. */
export function exactMember(container: unknown, name: string): bigint | undefined {
  if (!anyKept || container === null || typeof container !== "object") return undefined;
  const source = sources.get(container)?.get(name);
  return source !== undefined && isUnchanged(container, name, source) ? BigInt(source) : undefined;
}

/** JSON text with the digits of the source, for what `parseExactly` gave, and of bigints. */
export function stringifyExactly(value: unknown): string {
  return JSON.stringify(value, function (this: object, name: string, member: unknown) {
    if (typeof member === "bigint") return (JSON as unknown as RawJson).rawJSON(String(member));
    const exact = typeof member === "number" ? exactMember(this, name) : undefined;
    return exact === undefined ? member : (JSON as unknown as RawJson).rawJSON(String(exact));
  });
}

/** Whoever puts another number into the member means that one. */
function isUnchanged(container: object, name: string, source: string): boolean {
  return (container as Record<string, unknown>)[name] === Number(source);
}
