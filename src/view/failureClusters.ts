import { redact } from "../runtime/redact.js";
import type { FailedItem } from "./failures.js";

/** Failed items of one cause whose messages say the same. */
export interface FailureCluster {
  /** What their messages have in common: the same for as long as one of them is failed. */
  pattern: string;
  /** What to call it: the message where all have the same, else the pattern. Without keys; not escaped. */
  title: string;
  /** In the order in which they were given. */
  items: FailedItem[];
}

/** Stands for what differs. */
const gap = "…";

/** Messages are compared by so many of their first characters. */
const maxComparedChars = 400;

/**
 * What is quoted, and words with digits in them: numbers, times, addresses, ids of requests. Each part begins where none
 * could be inside another, so that it takes time linear in the message's length.
 */
const differing =
  /"[^"\n]*"|`[^`\n]*`|“[^”\n]*”|‘[^’\n]*’|«[^»\n]*»|(?<![\p{L}\p{N}])'[^'\n]*'(?![\p{L}\p{N}])|(?<![\p{L}\p{N}_-])[\p{L}_-]*\p{N}(?:[\p{L}\p{N}_]|[-.:/@+](?=[\p{L}\p{N}_]))*/gu;

const quotes: Readonly<Record<string, string>> = {
  '"': '"',
  "`": "`",
  "“": "”",
  "‘": "’",
  "«": "»",
  "'": "'",
};

/**
 * A message without what may differ between failures of one kind: numbers, ids (the item's own, too), what is quoted.
 * `inv-0042: no JSON: "Sure…"` is `…: no JSON: "…"`.
 */
export function messagePattern(message: string, id = ""): string {
  return withoutId(message.slice(0, maxComparedChars), id)
    .replace(differing, (match) => {
      const close = quotes[match[0]!];
      return close === undefined ? gap : `${match[0]}${gap}${close}`;
    })
    .replace(/\s+/g, " ")
    .replace(/…(?:[ ,]{1,2}…)+/g, gap)
    .trim();
}

const inWord = /[\p{L}\p{N}_]/u;

/** Takes an item's id out where it stands for itself: `a` is no part of `late`. */
function withoutId(message: string, id: string): string {
  if (id === "" || !message.includes(id)) return message;
  let text = "";
  let from = 0;
  for (let at = message.indexOf(id); at !== -1; at = message.indexOf(id, from)) {
    const end = at + id.length;
    const isPart =
      (inWord.test(id[0]!) && at > 0 && inWord.test(message[at - 1]!)) ||
      (inWord.test(id.at(-1)!) && end < message.length && inWord.test(message[end]!));
    text += message.slice(from, at) + (isPart ? id : gap);
    from = end;
  }
  return text + message.slice(from);
}

/** Items that are sorted between two chances to do something else. */
const itemsAtOnce = 200;

/** Failed items of one cause by what their messages say, the largest cluster first. Yields now and then. */
export function* clustering(items: readonly FailedItem[]): Generator<void, FailureCluster[]> {
  const byPattern = new Map<string, FailureCluster & { isUniform: boolean }>();
  for (const [i, item] of items.entries()) {
    if (i % itemsAtOnce === 0) yield;
    const message = item.recordedMessage;
    const pattern = messagePattern(message, item.id);
    const cluster = byPattern.get(pattern);
    if (!cluster) {
      byPattern.set(pattern, { pattern, title: message, items: [item], isUniform: true });
      continue;
    }
    cluster.items.push(item);
    cluster.isUniform &&= cluster.items[0]!.recordedMessage === message;
  }
  return [...byPattern.values()]
    .map(({ isUniform, pattern, title, items: same }) => ({
      ...{ pattern, items: same },
      title: redact(isUniform ? title : pattern),
    }))
    .sort((a, b) => b.items.length - a.items.length || (a.pattern < b.pattern ? -1 : 1));
}

/** As `clustering`, all at once. */
export function failureClusters(items: readonly FailedItem[]): FailureCluster[] {
  const sorting = clustering(items);
  for (;;) {
    const step = sorting.next();
    if (step.done) return step.value;
  }
}
