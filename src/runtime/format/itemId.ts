/**
 * Ids of items. An id is a string or another JSON scalar as a writer left it. Its identity is its type and its
 * exact text: `1` and `"1"` differ, integers above 2^53 keep all their digits, nothing is normalised.
 *
 * `ItemKey` is that identity as one string: the id's JSON text, where strings are written as `JSON.stringify`
 * writes them (so that `"é"` and its escaped form are one id) and numbers keep the text of their source.
 */
export type ItemKey = string & { readonly __itemKey: unique symbol };

/** What a caller may name an item by. */
export type ItemId = string | number | bigint | boolean | null;

/**
 * The key of an id.
 * @throws TypeError where the id is no JSON scalar, RangeError where it is a number that JSON cannot hold exactly.
 */
export function keyOf(id: ItemId): ItemKey {
  switch (typeof id) {
    case "string":
      return JSON.stringify(id) as ItemKey;
    case "bigint":
    case "boolean":
      return String(id) as ItemKey;
    case "number":
      if (!Number.isFinite(id))
        throw new RangeError(`Expected an item's id to be a finite number, got \`${id}\`.`);
      if (Number.isInteger(id) && !Number.isSafeInteger(id))
        throw new RangeError(
          `Expected an item's id to be exact, got \`${id}\` above 2^53: pass it as a string or bigint.`,
        );
      return JSON.stringify(id) as ItemKey;
    default:
      if (id === null) return "null" as ItemKey;
      throw new TypeError(
        `Expected an item's id to be a string, number, bigint or boolean, got \`${typeof id}\`.`,
      );
  }
}

/** An id as a person reads it: a string bare, any other scalar as its JSON text. Not escaped for a screen. */
export function idText(key: ItemKey): string {
  return key.startsWith('"') ? (JSON.parse(key) as string) : key;
}

/** An id as a JSON value; numbers that a double cannot hold come as their text. */
export function idValue(key: ItemKey): string | number | boolean | null {
  if (key.startsWith('"') && !key.includes("\\")) return key.slice(1, -1);
  const value = JSON.parse(key) as string | number | boolean | null;
  return typeof value === "number" && JSON.stringify(value) !== key ? key : value;
}
