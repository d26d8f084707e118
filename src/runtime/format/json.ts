/** JSON with what `JSON.parse` drops: the exact text of numbers, and the tokens that Python's writer adds. */

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

const stringsAndPythonTokens = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/gu;

/** The same text with the NaN and infinity tokens that Python's `json.dumps` writes, and JSON has not, as null. */
export function withoutPythonTokens(text: string): string {
  if (!/NaN|Infinity/.test(text)) return text;
  return text.replace(stringsAndPythonTokens, (token) => (token.startsWith('"') ? token : "null"));
}

export interface JsonPrefix {
  /** True where the text is the beginning of an object that has not ended. */
  openObject: boolean;
  /** True where a value could begin right after the text, so that what follows may be nested in it. */
  valueExpected: boolean;
}

/** Says where in an object a text ends. Tolerant: it follows brackets and strings only. */
export function scanPrefix(text: string): JsonPrefix {
  let depth = 0;
  let inString = false;
  let last = "";
  let closed = false;
  let broken = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (inString) {
      if (char === "\\") i++;
      else if (char === '"') {
        inString = false;
        last = char;
      }
      continue;
    }
    if (char === " " || char === "\t" || char === "\r") continue;
    if (closed) broken = true;
    if (char === '"') inString = true;
    else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") {
      depth--;
      closed = depth <= 0;
    }
    last = char;
  }
  const openObject = /^\s*\{/.test(text) && !broken && !closed;
  // After a comma inside an object a name comes, not a value; telling it from an array's comma needs a stack,
  // and taking both for "a value may come" only makes salvage more careful.
  return { openObject, valueExpected: !inString && (last === ":" || last === "," || last === "[") };
}
