import * as vscode from "vscode";
import { jsonLineOf } from "../../runtime/resultRows.js";
import { readResults } from "../../runtime/results.js";
import type { JobState } from "../../runtime/state/jobState.js";
import { countText, plural } from "../../view/text.js";
import type { Job } from "../job.js";

/** An editor shows no more results than this, and no more characters; a file holds all. */
const maxResults = 5_000;
const maxChars = 2_000_000;

/** What a document with results was made of. */
interface Drawn {
  /** The same for as long as the checkpoint only grows. */
  state: JobState | undefined;
  done: number;
  damage: number;
}

export interface ResultLines {
  /** JSON Lines. */
  text: string;
  /** How many results are in it. */
  count: number;
  /** How many there are, and how many of them are shown. */
  told: string;
  /** No more would fit. */
  isFull: boolean;
  drawn: Drawn;
  /** Whether it is what a job has now. */
  isOf(job: Job | undefined): boolean;
}

function drawnOf(job: Job | undefined): Drawn {
  const { view } = job ?? {};
  return { state: view?.state, done: view?.state.done.size ?? 0, damage: view?.scan.damageCount ?? 0 };
}

/**
 * A job's first results, in the order in which they were made, as an editor shows them.
 * @param before what the document has shown: what is full stays as long as the checkpoint only grows
 */
export async function resultLines(job: Job | undefined, before?: ResultLines): Promise<ResultLines> {
  const drawn = drawnOf(job);
  const isOf = (other: Job | undefined) => {
    const now = drawnOf(other);
    return now.state === drawn.state && now.done === drawn.done && now.damage === drawn.damage;
  };
  if (!job || !drawn.state)
    return {
      ...{ text: "", count: 0, told: vscode.l10n.t("The job has no checkpoint now.") },
      ...{ isFull: false, drawn, isOf },
    };
  const isKept = before?.isFull && before.drawn.state === drawn.state;
  const { text, count, isFull } = isKept ? before : await firstLines(job);
  // More may have come while it was read.
  const all = plural(Math.max(drawn.done, count), "result");
  const told = [
    count < drawn.done ? vscode.l10n.t("{0}, the first {1} shown", all, countText(count)) : all,
    ...(drawn.damage > 0 ? [vscode.l10n.t("those in damaged lines are missing")] : []),
  ].join("; ");
  return { text, count, told, isFull, drawn, isOf };
}

async function firstLines(job: Job): Promise<Pick<ResultLines, "text" | "count" | "isFull">> {
  let [text, count] = ["", 0];
  for await (const { item, result } of readResults(job.checkpoint, job.source.watched ?? {})) {
    const line = jsonLineOf({ item, result });
    if (count > 0 && (count === maxResults || text.length + line.length > maxChars))
      return { text, count, isFull: true };
    text += line;
    count++;
  }
  return { text, count, isFull: false };
}
