const wholeNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const begunNumber = /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?(?:(?<=\d)[eE][+-]?\d*)?)?$/;
const words = ["true", "false", "null", "NaN", "Infinity", "-Infinity"];
const endsWord = /[\s,:[\]{}"]/g;

type Expected = "value" | "value-or-end" | "name" | "name-or-end" | "colon" | "comma-or-end" | "nothing";

/**
 * Whether a text is the beginning of a JSON object (Python's tokens allowed) that has not ended: what a crash in
 * the middle of a write leaves. Strict, so that a record which was written whole and damaged later is hardly ever
 * taken for one that was never finished.
 */
export function isOpenObject(text: string): boolean {
  const open: string[] = [];
  let expected: Expected = "value";
  for (let at = 0; at < text.length; ) {
    const char = text[at]!;
    if (char === " " || char === "\t" || char === "\r") {
      at++;
      continue;
    }
    if (expected === "nothing" || (open.length === 0 && char !== "{")) return false;
    const takesValue = expected === "value" || expected === "value-or-end";
    if (char === "{" || char === "[") {
      if (!takesValue) return false;
      open.push(char === "{" ? "}" : "]");
      expected = char === "{" ? "name-or-end" : "value-or-end";
      at++;
    } else if (char === "}" || char === "]") {
      if (!expected.endsWith("end") || open.pop() !== char) return false;
      expected = open.length === 0 ? "nothing" : "comma-or-end";
      at++;
    } else if (char === ",") {
      if (expected !== "comma-or-end") return false;
      expected = open.at(-1) === "}" ? "name" : "value";
      at++;
    } else if (char === ":") {
      if (expected !== "colon") return false;
      expected = "value";
      at++;
    } else if (char === '"') {
      const isName: boolean = expected === "name" || expected === "name-or-end";
      if (!isName && !takesValue) return false;
      const end: number | "open" | "broken" = endOfText(text, at + 1);
      if (end === "broken") return false;
      if (end === "open") return true;
      at = end;
      expected = isName ? "colon" : "comma-or-end";
    } else {
      if (!takesValue) return false;
      endsWord.lastIndex = at;
      const end = endsWord.exec(text)?.index ?? text.length;
      const word = text.slice(at, end);
      const isWhole = end < text.length;
      const fits = isWhole
        ? words.includes(word) || wholeNumber.test(word)
        : words.some((known) => known.startsWith(word)) || begunNumber.test(word);
      if (!fits) return false;
      at = end;
      expected = "comma-or-end";
    }
  }
  return open.length > 0;
}

/** What ends or interrupts a string: a quote, a backslash, a control character. */
const special = /["\\]|[^ -\uffff]/g;
const begunEscape = /^\\(?:u[0-9a-fA-F]{0,3})?$/;
const wholeEscape = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/;

/** Where a string's content ends (after its quote); `open` where the text ends first. */
function endOfText(text: string, from: number): number | "open" | "broken" {
  for (let at = from; ; ) {
    special.lastIndex = at;
    const found = special.exec(text);
    if (!found) return "open";
    if (found[0] === '"') return found.index + 1;
    if (found[0] !== "\\") return "broken";
    const begun = text.slice(found.index, found.index + 6);
    const whole = wholeEscape.exec(begun);
    if (!whole)
      return found.index + begun.length === text.length && begunEscape.test(begun) ? "open" : "broken";
    at = found.index + whole[0].length;
  }
}
