import { markDoneByPerson } from "../runtime/doubt.js";
import { type ItemKey, idText, keyOf } from "../runtime/format/itemId.js";
import type { Input } from "../runtime/runner/items.js";
import type { LoadedJobFile } from "../runtime/runner/loadJob.js";
import type { DoubtChoice } from "../runtime/runner/runOptions.js";
import { type DoubtfulItem, doubtfulItem } from "../runtime/state/inDoubt.js";
import { type OpenEntry, statusOf } from "../runtime/state/status.js";
import { JsonlStore } from "../runtime/store/jsonlStore.js";
import { countText, plural, shortText, timeText } from "../view/text.js";
import { CommandError, exit } from "./exitCodes.js";
import { choose, print } from "./terminal.js";

const maxPrintedItems = 10;

/** A line each: the item, its attempt, and when it began. */
export function doubtLines(items: readonly DoubtfulItem[], count: number, max = maxPrintedItems): string[] {
  const lines = items.slice(0, max).map(({ item, attempt, run, at }) => {
    const id = typeof item === "string" ? item : JSON.stringify(item);
    return `${shortText(id, 60)}  attempt ${attempt}, run ${run}, begun ${timeText(Date.parse(at))}`;
  });
  if (count > lines.length) lines.push(`and ${countText(count - lines.length)} more`);
  return lines;
}

/**
 * With `--in-doubt ask` a person says what becomes of the items that an earlier run began and did not record.
 * @throws CommandError exit 5 where nobody can be asked, or nothing was chosen
 */
export async function settleDoubt(
  job: LoadedJobFile,
  input: Input,
  choice: DoubtChoice | "ask",
): Promise<DoubtChoice> {
  if (choice !== "ask") return choice;
  const entries = await inDoubtOf(job, input);
  if (entries.length === 0) return "retry";
  const { length } = entries;
  const what = `${plural(length, "item is", "items are")} in doubt: begun by a run that ended before it recorded how ${length === 1 ? "it" : "they"} went. ${length === 1 ? "It" : "They"} may be done, and paid for`;
  const lines = doubtLines(entries.map(doubtfulItem), length).map((line) => `  ${line}\n`);
  const choices = ["retry", "skip", "done"] as const;
  const question = `${what}.\n${lines.join("")}(r)etry, (s)kip, or mark as (d)one?`;
  const decided = await choose(question, choices);
  if (decided === null)
    throw new CommandError(
      exit.undecided,
      `${what}. Nobody can be asked here: run again with --in-doubt retry or --in-doubt skip, or mark them as done with agent-jobs doubt --mark-done.`,
    );
  if (decided === undefined)
    throw new CommandError(exit.undecided, "None of the three was chosen; nothing was changed.");
  if (decided !== "done") return decided;
  const marked = await markDoneByPerson(
    job.checkpoint,
    job.name,
    entries.map(({ item }) => item),
  );
  print(`Marked ${plural(marked, "item")} as done, without a result.`);
  return "retry";
}

/** Those of the input; of a stream nobody knows which will come. */
async function inDoubtOf(job: LoadedJobFile, input: Input): Promise<OpenEntry[]> {
  const { state, scan } = await new JsonlStore(job.checkpoint).load(job.name);
  const { inDoubtItems } = statusOf(state, scan, null, Date.now());
  if (input.kind === "stream") return inDoubtItems;
  const keys = new Set(input.items.map(({ key }) => key));
  return inDoubtItems.filter(({ item }) => keys.has(item));
}

/**
 * The items in doubt that ids name as a person types them: a string bare, any other id as its JSON text.
 * @throws CommandError exit 2 for one that names none, or two
 */
export function chosenItems(entries: readonly OpenEntry[], ids: readonly string[]): ItemKey[] {
  return ids.map((id) => {
    const items = entries.map(({ item }) => item);
    const found = items.includes(id as ItemKey)
      ? [id as ItemKey]
      : items.filter((item) => idText(item) === id);
    if (found.length === 1) return found[0]!;
    if (found.length > 1)
      throw new CommandError(
        exit.usage,
        `"${shortText(id, 60)}" names ${found.length} items: write ${found.map((item) => `'${item}'`).join(" or ")}.`,
      );
    const known = doubtLines(entries.map(doubtfulItem), entries.length).map((line) => line.split("  ")[0]);
    const rest = known.length === 0 ? "nothing is in doubt" : `in doubt are ${known.join(", ")}`;
    throw new CommandError(
      exit.usage,
      `No item in doubt is called ${shortText(keyOf(id), 60)}: ${rest}. Nothing was marked.`,
    );
  });
}
