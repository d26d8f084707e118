import type { CheckpointRecord } from "../runtime/format/record.js";
import { redact } from "../runtime/redact.js";
import { safeLines, safeText } from "../runtime/safeText.js";
import { t } from "./l10n.js";

/** A row of another tool's file, as it is shown. */
export interface ShownRow {
  record: CheckpointRecord;
  /** The file's name. */
  file: string;
  line: number;
  text: string;
  isCut: boolean;
}

const maxShownChars = 400_000;

/** All that a file says of an item, as the lines of a document: what it means to us, then the rows as they are, indented. */
export function itemLines(id: string, job: string, rows: readonly ShownRow[]): string[] {
  const label = (name: string, text: string) => `${name.padEnd(8)} ${text}`;
  const lines = [label(t("Item"), safeText(redact(id))), label(t("Job"), safeText(redact(job)))];
  if (rows.length === 0) return [...lines, "", t("The file says nothing of this item any more.")];
  for (const { record, file, line, text, isCut } of rows) {
    lines.push("", label(t("Row"), t("{0}, line {1}", safeText(file), line)), ...meaning(record, label), "");
    lines.push(...shown(indented(text)));
    if (isCut) lines.push("…");
  }
  return lines;
}

function meaning(record: CheckpointRecord, label: (name: string, text: string) => string): string[] {
  switch (record.type) {
    case "done":
      return [label(t("State"), t("done"))];
    case "failed":
      return [
        label(t("State"), t("failed: {0}", safeText(redact(record.cause)))),
        ...shown(record.message).map((text, i) => label(i === 0 ? t("Error") : "", text)),
      ];
    default:
      return [label(t("State"), t("unfinished: neither a result nor an error"))];
  }
}

function shown(text: string): string[] {
  const cut = text.length > maxShownChars ? `${text.slice(0, maxShownChars)}\n…` : text;
  return safeLines(redact(cut));
}

/** JSON with a member a line; any other text as it is. */
function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
