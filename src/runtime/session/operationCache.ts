import { hash } from "node:crypto";
import canonicalize from "canonicalize";
import type { ItemKey } from "../format/itemId.js";
import type { CheckpointRecord } from "../format/record.js";

/**
 * The id of an operation: SHA-256 over the step's name and the RFC 8785 JSON of *all* its inputs, so that two
 * inputs that begin alike never share an answer.
 */
export function operationId(step: string, inputs: unknown): string {
  return sha256(canonicalJson([step, inputs ?? null]));
}

/** SHA-256 of an item's RFC 8785 JSON, as hex. */
export function contentHash(value: unknown): string {
  return sha256(canonicalJson(value ?? null));
}

/** RFC 8785 JSON. @throws TypeError where the value is no JSON. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError(`Expected JSON, got \`${typeof value}\`.`);
  return text;
}

const sha256 = (text: string): string => hash("sha256", text);

/** Results of finished steps of items that are not done: what a resume gives back instead of calling again. */
export class OperationCache {
  private readonly byItem = new Map<ItemKey, Map<string, unknown>>();

  /** Follows the log: keeps what steps gave, and lets go of an item when it is done. */
  take(record: CheckpointRecord): void {
    if (record.type === "done") this.byItem.delete(record.item);
    else if (record.type === "step") this.set(record.item, record.op, record.result);
  }

  /** The stored result, boxed so that an empty one is a hit; undefined where there is none. */
  get(item: ItemKey, op: string): { result: unknown } | undefined {
    const operations = this.byItem.get(item);
    return operations?.has(op) ? { result: operations.get(op) } : undefined;
  }

  private set(item: ItemKey, op: string, result: unknown): void {
    const operations = this.byItem.get(item) ?? new Map<string, unknown>();
    if (!operations.has(op)) operations.set(op, result);
    this.byItem.set(item, operations);
  }
}
