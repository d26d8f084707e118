// Reads short texts and says how hard they are to read. It needs nothing but this folder: no package, no key.
import { Buffer, isUtf8 } from "node:buffer";
import { setTimeout as sleep } from "node:timers/promises";
import { defineJob } from "agent-jobs";

/** About how long a model would take over one text. */
const delayMs = Number(process.env.HELLO_DELAY_MS ?? 1400);

/** The text of an item, which may be given as bytes: `{ base64, encoding }`. */
function textOf(item, attempt) {
  if (item.base64 === undefined) return item.text;
  const encoding = item.encoding ?? "utf-8";
  if (encoding !== "utf-8") throw new Error(`The text is encoded in ${encoding}, which is not supported`);
  const bytes = Buffer.from(item.base64, "base64");
  if (isUtf8(bytes)) return bytes.toString("utf8");
  if (attempt === 1) throw new Error("The text is not valid UTF-8; another attempt reads it as Latin-1");
  return bytes.toString("latin1");
}

/** English syllables by the usual rule of thumb: groups of vowels, without a silent e. */
function countSyllables(word) {
  const letters = word
    .toLowerCase()
    .normalize("NFD")
    .replace(/[^a-z]/g, "");
  const groups = letters.replace(/(?:[^laeiouy]es|[^laeiouytd]ed|[^laeiouy]e)$/, "").match(/[aeiouy]+/g);
  return Math.max(1, groups?.length ?? 0);
}

/** Flesch reading ease: 206.835 − 1.015 × words per sentence − 84.6 × syllables per word; 100 is easy, 0 is hard. */
function readingEase(words, sentences, syllables) {
  return Math.round(206.835 - (1.015 * words) / sentences - (84.6 * syllables) / words);
}

export default defineJob({
  items: "quotes.jsonl",
  concurrency: 4,

  async process(item, ctx) {
    const text = textOf(item, ctx.attempt);
    const words = text.match(/\p{L}+(?:['’-]\p{L}+)*/gu) ?? [];
    await sleep(delayMs * Math.min(1.6, 0.6 + words.length / 40), undefined, { signal: ctx.signal });
    if (words.length === 0) throw new Error("The text is empty: there is nothing to read");

    const sentences = Math.max(1, text.match(/[.!?]+(?=\W|$)/g)?.length ?? 0);
    const syllables = words.reduce((sum, word) => sum + countSyllables(word), 0);
    ctx.log(`${item.author}, ${item.work}: ${words.length} words`);
    return {
      author: item.author,
      work: item.work,
      words: words.length,
      sentences,
      syllables,
      readingEase: readingEase(words.length, sentences, syllables),
      longestWord: words.reduce((longest, word) => (word.length > longest.length ? word : longest)),
    };
  },
});
