/**
 * Text from models, files and other programs, made safe to show: no character in it can move a cursor, start a
 * terminal sequence, turn the direction, begin another line, or hide. Letters of all scripts, their combining marks
 * and emoji stay as they are.
 */

/** Scripts that are written with joiners between their letters: taking those out would misspell them. */
const joining = ["Arabic", "Syriac", "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil"]
  .concat(["Telugu", "Kannada", "Malayalam", "Sinhala", "Khmer", "Mongolian", "Myanmar"])
  .map((script) => String.raw`\p{Script_Extensions=${script}}`)
  .join("");

/** Control, format (bidi, zero-width, tags), separators of lines, lone surrogates, and what has no form of its own. */
const invisible = String.raw`\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}`;

// What comes first is kept: whole emoji, whose joiners and selectors make one sign, and one joiner between two letters.
// Made when it is first needed, for it takes long.
let pattern: RegExp | undefined;
const makePattern = (): RegExp =>
  new RegExp(
    String.raw`(?<kept>\p{RGI_Emoji}|(?<=[${joining}])[\u200c\u200d](?=[${joining}]))|[${invisible}]`,
    "gv",
  );
const anyInvisible = new RegExp(`[${invisible}]`, "v");

function escapeInvisible(text: string, written: (char: string) => string): string {
  if (!anyInvisible.test(text)) return text;
  pattern ??= makePattern();
  return text.replace(pattern, (match: string, kept: string | undefined) =>
    kept === undefined ? written(match) : match,
  );
}

const codeOf = (char: string): string => `\\u{${char.codePointAt(0)!.toString(16)}}`;

/** One line of text with what cannot be seen made visible, as `\u{202e}`; a line's end becomes `⏎`, a tab a space. */
export function safeText(text: string): string {
  return escapeInvisible(text, (char) => {
    if (char === "\n") return "⏎";
    return char === "\t" ? " " : codeOf(char);
  });
}

/** Text of several lines, each of them safe. */
export function safeLines(text: string): string[] {
  return text.split(/\r?\n/).map(safeText);
}

/** JSON text that means the same and can be shown: what cannot be seen in its strings is written as `\u202e`. */
export function safeJson(json: string): string {
  return escapeInvisible(json, (char) => {
    let escaped = "";
    for (let i = 0; i < char.length; i++) escaped += `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`;
    return escaped;
  });
}
