/**
 * How a Python loop is made resumable: at most three lines, found by their text. What it cannot tell it leaves alone;
 * the person sees the change in the editor before anything is saved.
 */

/** In a line, counted from 0, the characters from `from` to `to` become `text`. */
export interface TextChange {
  line: number;
  from: number;
  to: number;
  text: string;
}

export interface LoopChange {
  /** The loop's line, counted from 0, and its text without its indentation. */
  line: number;
  loop: string;
  changes: TextChange[];
}

interface Loop {
  line: number;
  indent: string;
  target: string;
  /** What it goes over, and where that is in its line. */
  items: string;
  from: number;
  /** Its last line, counted from 0. */
  end: number;
}

const loopLine = /^(\s*)for\s+(.+?)\s+in\s+(.+?)\s*:\s*(?:#.*)?$/;
/** Members that tell items apart, in the order in which they are taken. */
const idNames = ["id", "custom_id", "doc_id", "item_id", "uid", "uuid", "key", "path", "url", "filename"];
/** Bars around what a loop goes over: what they are given is what is resumed, so that they show what is left. */
const bars = /^(?:tqdm(?:\.(?:tqdm|auto\.tqdm))?|track|progress\.track|alive_it)\(/;

/**
 * The change of the loop that a line lies in, else of the longest one.
 * @param source the script
 * @param cursorLine counted from 0
 * @returns null where there is no loop in one line, or it is resumable already
 */
export function loopChange(source: string, cursorLine: number): LoopChange | null {
  const lines = source.split(/\r?\n/);
  const loops = outermost(lines);
  const loop =
    loops.find(({ line, end }) => cursorLine >= line && cursorLine <= end) ??
    [...loops].sort((a, b) => b.end - b.line - (a.end - a.line))[0];
  if (!loop || /\bresume\(/.test(loop.items)) return null;
  const body = lines.slice(loop.line + 1, loop.end + 1);
  const names = loop.target.split(",").map((name) => name.replace(/[()\s]/g, ""));
  const isOne = names.length === 1;
  const end = lastMark(lines, loop, isOne ? `${names[0]}.done` : "done");
  const key = isOne ? keyOfOne(names[0]!, body) : keyOfSeveral(names, body, loop.items);
  const options = [...(key ? [`key=${key}`] : []), ...(end.into ? [`into=${end.into}`] : [])];
  const changes = [
    importChange(lines, isOne ? "resume" : "done, resume"),
    {
      line: loop.line,
      from: loop.from,
      to: loop.from + loop.items.length,
      text: wrapped(loop.items, options),
    },
    end.change,
  ];
  return { line: loop.line, loop: lines[loop.line]!.trim(), changes };
}

/** A script with changes made. */
export function changed(source: string, changes: readonly TextChange[]): string {
  const lines = source.split("\n");
  for (const { line, from, to, text } of [...changes].sort((a, b) => b.line - a.line || b.from - a.from))
    lines[line] = (lines[line] ?? "").slice(0, from) + text + (lines[line] ?? "").slice(to);
  return lines.join("\n");
}

const indentOf = (line: string): string => /^\s*/.exec(line)![0];

function outermost(lines: readonly string[]): Loop[] {
  const loops: Loop[] = [];
  for (const [line, text] of lines.entries()) {
    const [, indent = "", target, items] = loopLine.exec(text) ?? [];
    if (target === undefined || items === undefined) continue;
    const before = loops.at(-1);
    if (before && line <= before.end) continue; // inside of another
    let end = line;
    for (let at = line + 1; at < lines.length; at++) {
      const next = lines[at]!;
      if (next.trim() === "") continue;
      if (indentOf(next).length <= indent.length) break;
      end = at;
    }
    if (end > line)
      loops.push({ line, indent, target, items, from: text.indexOf(items, text.indexOf(" in ")), end });
  }
  return loops;
}

/** `docs` as `resume(docs, …)`; within a bar's call where there is one. */
function wrapped(items: string, options: readonly string[]): string {
  const [bar] = bars.exec(items) ?? [""];
  const rest = items.slice(bar.length);
  const first = bar === "" ? items.length : endOfArgument(rest);
  const resumed = `resume(${[rest.slice(0, first).trim(), ...options].join(", ")})`;
  return bar === "" ? resumed : `${bar}${resumed}${rest.slice(first)}`;
}

/** Where the first argument of a call ends. */
function endOfArgument(text: string): number {
  let depth = 0;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quote !== "") {
      if (char === quote && text[at - 1] !== "\\") quote = "";
    } else if (char === '"' || char === "'") quote = char;
    else if ("([{".includes(char)) depth++;
    else if (")]}".includes(char) && depth-- === 0) return at;
    else if (char === "," && depth === 0) return at;
  }
  return text.length;
}

function memberOf(name: string, body: readonly string[]): string | undefined {
  const text = body.join("\n");
  return idNames.find((id) =>
    new RegExp(String.raw`\b${name}(?:\.${id}\b(?!\()|\[["']${id}["']\]|\.get\(["']${id}["']\))`).test(text),
  );
}

function keyOfOne(name: string, body: readonly string[]): string | undefined {
  const member = memberOf(name, body);
  return member && `"${member}"`;
}

/** Of `for i, doc in enumerate(docs)` and the like: the last name is the item, unless the first is its label. */
function keyOfSeveral(names: readonly string[], body: readonly string[], items: string): string {
  if (/\.(?:iterrows|items)\(\)$/.test(items)) return "lambda pair: pair[0]";
  const last = names.length - 1;
  const member = memberOf(names[last]!, body);
  const isAttribute = member && body.some((line) => line.includes(`${names[last]}.${member}`));
  const of = member ? (isAttribute ? `.${member}` : `["${member}"]`) : "";
  return `lambda pair: pair[${last}]${of}`;
}

/** Where the item is done: the line that keeps its result, else a line of its own at the end of the body. */
function lastMark(
  lines: readonly string[],
  { line, end }: Loop,
  mark: string,
): { change: TextChange; into?: string } {
  const indent = indentOf(lines[line + 1]!.trim() === "" ? lines[end]! : lines[line + 1]!);
  for (let at = end; at > line; at--) {
    const text = lines[at]!;
    if (indentOf(text) !== indent) continue;
    const kept = /^(\w+)\.append\((.+)\)$/.exec(text.trim()) ?? writtenLine.exec(text.trim());
    const [, into, result] = kept ?? [];
    if (into === undefined || result === undefined || !isBalanced(result)) continue;
    const change = { line: at, from: indent.length, to: text.trimEnd().length, text: `${mark}(${result})` };
    return { change, into };
  }
  const last = lines[end]!;
  return { change: { line: end, from: last.length, to: last.length, text: `\n${indent}${mark}()` } };
}

/** A result that is written to a file, a line of JSON each. */
const writtenLine = /^(\w+)\.write\(json\.dumps\((.+)\)\s*\+\s*["']\\n["']\)$/;

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const char of text) {
    if ("([{".includes(char)) depth++;
    else if (")]}".includes(char) && --depth < 0) return false;
  }
  return depth === 0;
}

/** The import, behind the last one at the script's beginning. */
function importChange(lines: readonly string[], names: string): TextChange {
  let after = -1;
  let isOpen = false;
  let quote = "";
  for (const [at, line] of lines.entries()) {
    if (quote !== "") {
      if (line.includes(quote)) [quote, after] = ["", at];
    } else if (isOpen) {
      if (line.includes(")")) [isOpen, after] = [false, at];
    } else if (/^(?:import|from)\s/.test(line)) {
      isOpen = line.includes("(") && !line.includes(")");
      if (!isOpen) after = at;
    } else if (/^[rRuU]?("""|''')/.test(line)) {
      const [, mark = ""] = /^[rRuU]?("""|''')/.exec(line)!;
      if (line.indexOf(mark, line.indexOf(mark) + 3) === -1) quote = mark;
      else after = at;
    } else if (line.startsWith("#")) {
      if (after === at - 1 && after < 1 && /^#(?:!|.*coding[:=])/.test(line)) after = at;
    } else if (line.trim() !== "") break;
  }
  const text = `from agent_jobs import ${names}`;
  if (after === -1) return { line: 0, from: 0, to: 0, text: `${text}\n` };
  const { length } = lines[after]!;
  return { line: after, from: length, to: length, text: `\n${text}` };
}
