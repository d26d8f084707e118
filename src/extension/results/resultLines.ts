import * as vscode from "vscode";
import { jsonLineOf } from "../../runtime/resultRows.js";
import { readResults } from "../../runtime/results.js";
import { countText, plural } from "../../view/text.js";
import type { Job } from "../job.js";

/** An editor shows no more results than this, and no more characters; a file holds all. */
const maxResults = 5_000;
const maxChars = 2_000_000;

export interface ResultLines {
  /** JSON Lines. */
  text: string;
  /** How many results are in it. */
  count: number;
  /** How many there are, and how many of them are shown. */
  told: string;
}

/** A job's first results, in the order in which they were made, as an editor shows them. */
export async function resultLines(job: Job | undefined): Promise<ResultLines> {
  const { view } = job ?? {};
  if (!job || !view) return { text: "", count: 0, told: vscode.l10n.t("The job has no checkpoint now.") };
  let [text, count] = ["", 0];
  for await (const { item, result } of readResults(job.checkpoint, job.source.watched ?? {})) {
    const line = jsonLineOf({ item, result });
    if (count > 0 && (count === maxResults || text.length + line.length > maxChars)) break;
    text += line;
    count++;
  }
  const { done, damaged } = view.status;
  const all = plural(done, "result");
  const told = [
    count < done ? vscode.l10n.t("{0}, the first {1} shown", all, countText(count)) : all,
    ...(damaged ? [vscode.l10n.t("those in damaged lines are missing")] : []),
  ].join("; ");
  return { text, count, told };
}
