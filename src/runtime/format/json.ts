/**
 * JSON as text: what `JSON.parse` drops or refuses. Everything here is iterative and linear, so that no line of a
 * file, however long or deeply nested, can exhaust the stack or hang a reader.
 */

/** Part of a text. */
export interface Span {
  start: number;
  end: number;
}

export interface NumberSources {
  root: unknown;
  /** For each object or array, the source text of its members that are numbers, by name or index. */
  of: Map<unknown, Map<string, string>>;
}

/** Parses and keeps the source text of every number (JSON.parse source text access, Node 21 or later). */
export function parseWithNumberSources(text: string): NumberSources {
  const of: NumberSources["of"] = new Map();
  let root: unknown;
  JSON.parse(text, function (this: unknown, key: string, value: unknown, context?: { source?: string }) {
    if (typeof value === "number" && context?.source !== undefined) {
      const sources = of.get(this) ?? new Map<string, string>();
      of.set(this, sources.set(key, context.source));
    }
    if (key === "") root = value; // the outermost call comes last
    return value;
  } as (key: string, value: unknown) => unknown);
  return { root, of };
}

/** Where the string that begins at `start` ends: after its closing quote, or at the end of the text. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text[quote - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

const isBlank = (char: string | undefined): boolean =>
  char === " " || char === "\t" || char === "\r" || char === "\n";

/** Gives what lies between the strings of a text to `change`, and the strings as they are. */
function mapOutsideStrings(text: string, change: (part: string) => string): string {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    parts.push(change(text.slice(at, quote === -1 ? text.length : quote)));
    if (quote === -1) break;
    at = endOfString(text, quote);
    parts.push(text.slice(quote, at));
  }
  return parts.join("");
}

/** The same text with the NaN and infinity tokens that Python's `json.dumps` writes, and JSON has not, as null. */
export function withoutPythonTokens(text: string): string {
  if (!/NaN|Infinity/.test(text)) return text;
  return mapOutsideStrings(text, (part) => part.replace(/-?\b(?:NaN|Infinity)\b/g, "null"));
}

/** JSON text as Python's `json.dumps` writes it by default: spaces after separators, all but ASCII escaped. */
export function asPythonWrites(json: string): string {
  const spaced = mapOutsideStrings(json, (part) => part.replace(/[,:]/g, "$& "));
  // Only strings hold other characters; Python leaves DEL as it is.
  return spaced.replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The members of an object or array given as valid JSON text (Python's tokens allowed): names and places. */
export function* membersOf(text: string): Generator<Span & { name: string | undefined }> {
  const skipBlanks = (from: number): number => {
    let at = from;
    while (isBlank(text[at])) at++;
    return at;
  };
  let at = skipBlanks(0);
  const isObject = text[at] === "{";
  for (at = skipBlanks(at + 1); at < text.length && text[at] !== "}" && text[at] !== "]"; ) {
    let name: string | undefined;
    if (isObject) {
      const end = endOfString(text, at);
      name = JSON.parse(text.slice(at, end)) as string;
      at = skipBlanks(skipBlanks(end) + 1);
    }
    const end = endOfValue(text, at);
    yield { name, start: at, end };
    at = skipBlanks(end);
    if (text[at] === ",") at = skipBlanks(at + 1);
  }
}

function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; ) {
    const char = text[at]!;
    if (char === '"') {
      at = endOfString(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (char === "," || isBlank(char))) return at;
    at++;
  }
  return text.length;
}

/** Where a member's value lies in the text of an object; the last one where a name is there twice, as JSON.parse has it. */
export function memberSpan(text: string, name: string): Span | undefined {
  let found: Span | undefined;
  for (const member of membersOf(text)) if (member.name === name) found = member;
  return found;
}

/** The source text of a member's value. */
export function memberSource(text: string, name: string): string | undefined {
  const span = memberSpan(text, name);
  return span && text.slice(span.start, span.end);
}

/** The text of an object with one member set to the given JSON, everything else byte for byte as it was. */
export function withMember(object: string, name: string, json: string): string {
  const span = memberSpan(object, name);
  if (span) return object.slice(0, span.start) + json + object.slice(span.end);
  const end = object.lastIndexOf("}");
  const isEmpty = membersOf(object).next().done === true;
  return `${object.slice(0, end)}${isEmpty ? "" : ","}${JSON.stringify(name)}:${json}${object.slice(end)}`;
}
