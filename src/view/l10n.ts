/**
 * The one way by which words of `view/` become those of a person's language. The command line speaks English; the
 * extension hands its translations over once, in `activate`. What `runtime/` says (messages of errors, reasons why a
 * file cannot be read) stays English: it is shown with its codes, written to logs and looked up as it is. Figures keep
 * their English form as well, `12,847` and `34.5 KB`, as reports and logs have it.
 *
 * `npm run l10n` gathers the messages, so each is a literal where `t`, `counted` or `plural` (in `text.ts`) is called.
 */
export type Argument = string | number;
/** As `vscode.l10n.t`: with no translation it gives the message itself. */
export type Translator = (message: string, ...args: Argument[]) => string;

const english = "en";
let translate: Translator = filled;
let spoken = english;
/** Made when it is first needed, and never for English. */
let rules: Intl.PluralRules | undefined;
/** Forms that a translation turned out not to have. */
const missing = new Set<string>();

/** From now on messages are translated so. @param language as `vscode.env.language` names it */
export function translateWith(translator: Translator, language: string): void {
  [translate, spoken, rules] = [translator, language, undefined];
  missing.clear();
}

/** Back to what holds where nobody translates. */
export const speakEnglish = (): void => translateWith(filled, english);

/** The language of messages: `en`, `de`, `pt-br`. */
export const language = (): string => spoken;

/** A message in the person's language, `{0}` and so on being its arguments. */
export function t(message: string, ...args: Argument[]): string {
  return translate(message, ...args);
}

/**
 * One of two messages, by the plural rules of the language. A language with more forms than two has the others under
 * the second message with the form's name behind it: `{0} items/few`.
 */
export function tCount(count: number, one: string, other: string, ...args: Argument[]): string {
  const form = formOf(count);
  if (form === "one") return translate(one, ...args);
  const key = `${other}/${form}`;
  if (form === "other" || missing.has(key)) return translate(other, ...args);
  const found = translate(key);
  if (found !== key) return filled(found, ...args);
  missing.add(key);
  return translate(other, ...args);
}

function formOf(count: number): Intl.LDMLPluralRule {
  if (spoken === english || spoken.startsWith("en-")) return count === 1 ? "one" : "other";
  rules ??= new Intl.PluralRules(spoken);
  return rules.select(count);
}

/** By the rules of `vscode.l10n.t`: an argument that is missing leaves its placeholder as it is. */
function filled(message: string, ...args: Argument[]): string {
  if (args.length === 0) return message;
  return message.replace(/{([^}]+)}/g, (placeholder, name: string) =>
    String(args[Number(name)] ?? placeholder),
  );
}
