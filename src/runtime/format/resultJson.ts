/**
 * Checks that a value can be kept as JSON without loss, so that what a job computed is what a resume gives back.
 * `undefined` at the top means "no result"; members that are undefined are left out, as JSON.stringify does.
 * @throws TypeError naming the path of what JSON cannot hold.
 */
export function assertJson(value: unknown): void {
  if (value === undefined) return;
  check(value, "result", new Set());
}

/** Objects that JSON.stringify would write as something else without a word. */
const unlikeJson = [Map, Set, WeakMap, WeakSet, ArrayBuffer, RegExp, Error];

function check(value: unknown, path: string, ancestors: Set<object>): void {
  switch (typeof value) {
    case "string":
    case "boolean":
      return;
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`\`${path}\` is ${value}, which JSON cannot hold.`);
      return;
    case "undefined":
      throw new TypeError(`\`${path}\` is undefined, which JSON cannot hold.`);
    case "object":
      break;
    default:
      throw new TypeError(`\`${path}\` is a ${typeof value}, which JSON cannot hold.`);
  }
  if (value === null) return;
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return;
  if (typeof (value as { then?: unknown }).then === "function")
    throw new TypeError(`\`${path}\` is a promise, which JSON cannot hold: await it first.`);
  if (ancestors.has(value)) throw new TypeError(`\`${path}\` refers back to itself, which JSON cannot hold.`);
  if (unlikeJson.some((kind) => value instanceof kind) || ArrayBuffer.isView(value))
    throw new TypeError(
      `\`${path}\` is a ${value.constructor.name}, which JSON cannot hold: convert it first.`,
    );
  ancestors.add(value);
  if (Array.isArray(value))
    for (const [i, member] of value.entries()) check(member, `${path}[${i}]`, ancestors);
  else
    for (const [name, member] of Object.entries(value))
      if (member !== undefined) check(member, `${path}.${name}`, ancestors);
  ancestors.delete(value);
}
