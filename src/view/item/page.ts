import type { ItemEntry } from "../../runtime/itemHistory.js";
import { redact } from "../../runtime/redact.js";
import { t } from "../l10n.js";
import { countText, safeLines } from "../text.js";

export const indent = "  ";

/** A part of a line that leads to a line of a file. */
export interface PageLink {
  line: number;
  start: number;
  end: number;
  path: string;
  /** Counted from 1. */
  target: number;
}

export type PagePart =
  | "error"
  | "stack"
  | "trial"
  | "result"
  | "input"
  | "attempts"
  | "steps"
  | "usage"
  | "log";

export interface ItemPage {
  lines: string[];
  links: PageLink[];
  /** The lines, counted from 0, of its headings. */
  headings: Map<PagePart, number>;
}

/** The lines of an item's document while they are drawn. */
export class Page implements ItemPage {
  readonly lines: string[] = [];
  readonly links: PageLink[] = [];
  readonly headings = new Map<PagePart, number>();

  field(name: string, parts: readonly (string | ItemEntry)[]): void {
    this.add([`${`${name}:`.padEnd(8)} `, ...parts]);
  }

  heading(part: PagePart, title: string, note = ""): void {
    this.lines.push("");
    this.headings.set(part, this.lines.length);
    this.lines.push(note === "" ? title : `${title}  ${note}`);
  }

  /** @param parts text, which is safe, and records, which become links to their lines */
  add(parts: readonly (string | ItemEntry)[]): void {
    let text = "";
    for (const part of parts) {
      if (typeof part === "string") {
        text += part;
        continue;
      }
      const start = text.length;
      const line = countText(part.line);
      text += part.path.endsWith(".events") ? t("line {0} of the events", line) : t("line {0}", line);
      this.links.push({
        ...{ line: this.lines.length, start, end: text.length },
        ...{ path: part.path, target: part.line },
      });
    }
    this.lines.push(text);
  }

  /** Text of several lines, made safe and set in. */
  block(text: string, by = indent): void {
    for (const line of safeLines(redact(text))) this.lines.push(line === "" ? "" : by + line);
  }
}
