import { JobDefinitionError, memberOf, messageOf } from "./errors.js";
import { type ItemId, type ItemKey, keyOf } from "./format/itemId.js";
import type { MapOptions } from "./map.js";
import { contentHash } from "./session/operationCache.js";
import { assertDistinct, keyOfItem } from "./session/session.js";

/** All items, each looked at once. */
export async function collected<T>(items: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const listed: T[] = [];
  for await (const item of items) listed.push(item);
  return listed;
}

/** An item of the input. */
export interface MapItem {
  key: ItemKey;
  item: unknown;
}

/** Items with their keys. @throws JobDefinitionError AJ_JOB, AJ_DUPLICATE_IDS */
export function inputOf(items: readonly unknown[], key: MapOptions<unknown>["key"]): MapItem[] {
  const input = items.map((item, i) => {
    try {
      return { key: keyOfMapItem(item, key), item };
    } catch (error) {
      throw new JobDefinitionError(
        `Item ${i + 1} has no usable id: ${messageOf(error)} Give each item an \`id\`, or set \`key\` to a function or to the name of a member.`,
        { cause: error },
      );
    }
  });
  assertDistinct(input.map((item) => item.key));
  return input;
}

function keyOfMapItem(item: unknown, key: MapOptions<unknown>["key"]): ItemKey {
  if (key === undefined) return keyOfItem(item);
  if (typeof key === "function") return keyOf(key(item));
  const value = memberOf(item, key);
  if (value === undefined) throw new TypeError(`It has no member \`${key}\`.`);
  return keyOf(value as ItemId);
}

/** SHA-256 of an item's RFC 8785 JSON, hex; undefined where it is no JSON. */
export function hashOf(item: unknown): string | undefined {
  try {
    return contentHash(item);
  } catch {
    return undefined;
  }
}
