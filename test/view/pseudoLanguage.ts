/** A language in which every word of a message shows that it was translated, so that one which was not stands out. */
import assert from "node:assert/strict";
import { type Argument, speakEnglish, translateWith } from "../../src/view/l10n.js";

const wide = (text: string): string =>
  text.replace(/[A-Za-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0));

/** `«ｄｏｎｅ: 12»`; arguments stay as they are. */
export const pseudo = (message: string, ...args: Argument[]): string =>
  `«${message
    .split(/({\d+})/)
    .map((part, i) => (i % 2 === 0 ? wide(part) : String(args[Number(part.slice(1, -1))] ?? part)))
    .join("")}»`;

/** What a function gives in that language. */
export function inPseudo<T>(made: () => T): T {
  translateWith(pseudo, "qps");
  try {
    return made();
  } finally {
    speakEnglish();
  }
}

/** Words that no translation was asked for, but those of the data. */
export const bareWords = (text: string, data: RegExp): string[] =>
  text.replace(data, "").match(/[A-Za-z]+/g) ?? [];

/** What is no word of ours: names, ids, paths, causes (which are codes), systems, units of figures in symbols. */
const data =
  /checkpoints\/|\.jsonl|\.ts\b|nightly|promptfoo|rate-limit|timeout|SIGTERM|\bada\b|staging|extract|done-\d+|begun-\d+|model-[ab]|item-\d+|doc|why|note|UTC|no such file/g;

/** Holds that all words of these texts were translated. */
export function translated(made: () => readonly (string | null | undefined)[]): void {
  const texts = inPseudo(made);
  assert.ok(texts.length > 0);
  for (const text of texts) assert.deepEqual(bareWords(text ?? "", data), [], `${text}`);
}
