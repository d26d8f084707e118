/** HTML that is safe by construction: text is escaped where it enters, and only what was made here goes in as it is. */
import { safeText } from "../text.js";

export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | readonly Part[] | null | undefined | false;

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it may stand in an element or in a quoted attribute, with what cannot be seen made visible. */
export const escapeHtml = (text: string): string =>
  safeText(text).replace(/[&<>"']/g, (char) => entities[char]!);

/** A template whose values are escaped, unless they are HTML themselves; lists are joined, nothing is nothing. */
export function html(strings: TemplateStringsArray, ...values: Part[]): Html {
  return new Html(strings.map((text, i) => text + (i < values.length ? rendered(values[i]) : "")).join(""));
}

function rendered(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(rendered).join("");
  return escapeHtml(String(part));
}
