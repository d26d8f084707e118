import { readChunkBytes } from "../config.js";
import type { ForeignKind } from "../format/foreignKinds.js";
import { anthropicBatch } from "./anthropicBatch.js";
import { bedrockBatch } from "./bedrockBatch.js";
import { beginningOf } from "./beginning.js";
import { geminiBatch } from "./geminiBatch.js";
import { inspect } from "./inspect.js";
import type { DocumentKind, LineKind } from "./kind.js";
import { openAiBatch, openAiBatchInput } from "./openAiBatch.js";
import { promptfoo, promptfooLines } from "./promptfoo.js";

/** The kinds that are told by their content. A new one is a file of its own and a line here. */
const kinds: readonly (LineKind | DocumentKind)[] = [
  openAiBatch,
  openAiBatchInput,
  anthropicBatch,
  bedrockBatch,
  geminiBatch,
  promptfoo,
  promptfooLines,
  inspect,
];

/** How much of a file is looked at to tell its kind. */
export const kindBytes = readChunkBytes;

/** The kind of that name, where content tells of it. */
export function kindNamed(name: ForeignKind): LineKind | DocumentKind | undefined {
  return kinds.find(({ kind }) => kind === name);
}

/**
 * What kind of another tool's file begins so; undefined unless its first row, or document, says it surely. `more`: the
 * bytes end inside it, and more of them may tell.
 */
export function kindOf(head: Buffer): LineKind | DocumentKind | "more" | undefined {
  const text = head.toString("utf8", 0, kindBytes).replace(/^\ufeff/, "");
  const first = beginningOf(text);
  if (!first) return undefined;
  const found = kinds.find((kind) => kind.begins(first.members));
  if (found) return found;
  return first.isWhole || head.length >= kindBytes || isOurs(text) ? undefined : "more";
}

/** Records of our own and the F1 and F2 formats that are cut short. */
const isOurs = (text: string): boolean => /^\{"(?:type|turn|completed_items)"/.test(text);
