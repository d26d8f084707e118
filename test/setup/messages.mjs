// The messages that people see, gathered out of the sources for translators.
//   node test/setup/messages.mjs     writes l10n/bundle.l10n.json
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { transformSync } from "esbuild";

const FOLDERS = ["src/view", "src/extension"];
/** Where the functions themselves are: they call each other with what they are given. */
const OWN = /^src\/view\/(l10n|text)\.ts$/;
const BUNDLE = "l10n/bundle.l10n.json";

/** How a call begins, and what its arguments mean. `t` of `vscode.l10n` may be given an object. */
const CALL = /(?<![\w$.])(?:vscode\.l10n\.(t)|(t|plural|counted|tCount))\(/g;
const STRING = /^\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\$]|\\.|\$(?!{))*`)\s*(?=[,)])/;

/** @returns {string[]} the messages, sorted */
export function messagesOf(root) {
  const messages = new Set();
  for (const path of sources(root))
    for (const message of messagesIn(readFileSync(join(root, path), "utf8"), path)) messages.add(message);
  return [...messages].sort((a, b) => (a < b ? -1 : 1));
}

/** As the file of messages has them: a message by itself. */
export const bundleText = (root) =>
  `${JSON.stringify(Object.fromEntries(messagesOf(root).map((message) => [message, message])), null, 2)}\n`;

function sources(root) {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name.split(sep).join("/")}`),
  ).sort();
}

/** Of one source. A message that is not written out where it is called has no translation: that is a mistake. */
export function messagesIn(source, path) {
  // Without comments and types, and strings that were written in parts as one.
  const { code } = transformSync(source, { loader: "ts", minifySyntax: true, target: "es2022" });
  const isOwn = OWN.test(path);
  const found = [];
  for (const call of code.matchAll(CALL)) {
    const name = call[1] ?? call[2];
    if (/\bfunction\s+$/.test(code.slice(0, call.index))) continue;
    const rest = code.slice(call.index + call[0].length);
    const texts = textsOf(name, rest);
    if (texts) found.push(...texts);
    else if (!isOwn)
      throw new Error(
        `${path}: the message of ${name}(${rest.slice(0, 60).split("\n")[0]} is not written out.`,
      );
  }
  return found;
}

function textsOf(name, rest) {
  if (name === "t") return choicesOf(rest);
  const afterCount = behindArgument(rest);
  const one = afterCount === undefined ? undefined : stringAt(afterCount);
  if (!one) return undefined;
  const many = one.rest.startsWith(",") ? stringAt(one.rest.slice(1)) : undefined;
  if (name === "plural") return [`{0} ${one.text}`, `{0} ${many ? many.text : `${one.text}s`}`];
  return many && [one.text, many.text];
}

/** One message, or each that a condition chooses from: `a ? "…" : "…"`. */
function choicesOf(rest) {
  const one = stringAt(rest);
  if (one) return [one.text];
  const end = rest.length - (behindArgument(rest, true)?.length ?? 0);
  const condition = rest.slice(0, end);
  const choices = [...condition.matchAll(/[?:]\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/g)].map(([, text]) =>
    textOf(text),
  );
  return choices.length > 1 ? choices : undefined;
}

function stringAt(text) {
  const found = STRING.exec(text);
  if (!found) return undefined;
  return { text: textOf(found[1]), rest: text.slice(found[0].length) };
}

/** A literal's value, whichever quotes the compiler chose for it. */
function textOf(literal) {
  const escapes = { n: "\n", t: "\t", r: "\r" };
  return literal
    .slice(1, -1)
    .replace(/\\(?:x([\da-f]{2})|u([\da-f]{4})|u{([\da-f]+)}|([^xu]))/gi, (_, x, u, long, char) =>
      char === undefined
        ? String.fromCodePoint(Number.parseInt(x ?? u ?? long, 16))
        : (escapes[char] ?? char),
    );
}

/** What follows the first argument of a call: behind its comma, or at its end. */
function behindArgument(text, orEnd = false) {
  let depth = 0;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quote !== "") {
      if (char === "\\") at++;
      else if (char === quote) quote = "";
    } else if (char === '"' || char === "'" || char === "`") quote = char;
    else if ("([{".includes(char)) depth++;
    else if (")]}".includes(char)) {
      if (depth-- === 0) return orEnd ? text.slice(at) : undefined;
    } else if (char === "," && depth === 0) return text.slice(at + 1);
  }
  return undefined;
}

if (process.argv[1] === import.meta.filename) {
  const root = join(import.meta.dirname, "../..");
  mkdirSync(join(root, "l10n"), { recursive: true });
  writeFileSync(join(root, BUNDLE), bundleText(root));
}
