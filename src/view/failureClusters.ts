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

/** Sorts failed items of one cause by what their messages say, one after another, so that it can be done in slices. */
export class FailureClusters {
  private readonly byPattern = new Map<string, FailureCluster & { isUniform: boolean }>();

  add(item: FailedItem): void {
    const message = item.recordedMessage;
    const pattern = messagePattern(message, item.id);
    const cluster = this.byPattern.get(pattern);
    if (!cluster) {
      this.byPattern.set(pattern, { pattern, title: message, items: [item], isUniform: true });
      return;
    }
    cluster.items.push(item);
    cluster.isUniform &&= cluster.items[0]!.recordedMessage === message;
  }

  /** The largest first. */
  get clusters(): FailureCluster[] {
    return [...this.byPattern.values()]
      .map(({ isUniform, pattern, title, items }) => ({
        ...{ pattern, items },
        title: redact(isUniform ? title : pattern),
      }))
      .sort((a, b) => b.items.length - a.items.length || (a.pattern < b.pattern ? -1 : 1));
  }
}

/** All at once. */
export function failureClusters(items: Iterable<FailedItem>): FailureCluster[] {
  const sorted = new FailureClusters();
  for (const item of items) sorted.add(item);
  return sorted.clusters;
}
