/** All that is known of an item, as the lines of a document that folds by its indents. */
import { type ItemKey, idText } from "../../runtime/format/itemId.js";
import { type FailedRecord, isTimed, type Usage } from "../../runtime/format/record.js";
import type { ItemEntry, ItemHistory, ShownJson } from "../../runtime/itemHistory.js";
import { redact } from "../../runtime/redact.js";
import { withoutTrialNote } from "../../runtime/state/trialNote.js";
import { addUsages } from "../../runtime/usage.js";
import { logLineTexts } from "../itemLogText.js";
import type { JobView } from "../jobView.js";
import { t } from "../l10n.js";
import {
  bytesText,
  counted,
  countText,
  durationText,
  plural,
  safeText,
  secondText,
  usdText,
} from "../text.js";
import { type Attempt, attemptLines, attemptsOf } from "./attempts.js";
import { type ItemPage, indent, Page } from "./page.js";

/** What an item's input is, or why it is not shown. */
export type ShownInput = { text: string } | { why: string };

/** What an item wrote to the log: its newest lines, and how many earlier ones there are. */
export interface ItemLog {
  lines: readonly { time: string; text: string }[];
  left: number;
}

export interface ItemPageInput {
  item: ItemKey;
  view: JobView;
  history: ItemHistory;
  /** The checkpoint's path, as it is shown; left out: the view's. */
  file?: string;
  /** Undefined where nobody has asked for it. */
  input: ShownInput | undefined;
  log: ItemLog | undefined;
  /** What a trial of it gave that is neither kept nor discarded. */
  tried?: { result: unknown; attempt: number };
}

const maxSteps = 500;
const maxTriedChars = 500_000;
const maxStepChars = 20_000;

/** Draws an item of a checkpoint of ours, or of the articles' formats. */
export function itemPage(input: ItemPageInput): ItemPage {
  const page = new Page();
  const { item, view, history } = input;
  const attempts = attemptsOf(history.entries);
  page.field(t("Item"), [safeText(redact(idText(item)))]);
  page.field(t("Job"), [safeText(redact(view.label === null ? view.name : `${view.name} @ ${view.label}`))]);
  page.field(t("State"), [stateText(input, attempts)]);
  where(page, input);
  failure(page, input);
  tried(page, input);
  result(page, history.entries);
  givenInput(page, input.input);
  attemptLines(page, view, attempts, history.left);
  steps(page, history.entries);
  usage(page, attempts);
  log(page, input.log, view);
  return page;
}

function stateText({ item, view }: ItemPageInput, attempts: readonly Attempt[]): string {
  const { state, status } = view;
  const open = state.open.get(item);
  const end = attempts.findLast(({ end: found }) => found?.record.type === "done")?.end;
  if (state.done.has(item)) {
    const record = end?.record;
    if (record?.type !== "done" || !isTimed(record.atMs)) return t("done");
    const at = secondText(record.atMs);
    return record.by === "person"
      ? t("done, marked by a person without a result, {0}", at)
      : t("done, {0}", at);
  }
  if (!open) return t("not begun");
  if (open.phase === "failed") {
    const cause = safeText(redact(open.failure?.cause ?? "other"));
    return open.willRetry && status.holder !== null
      ? t("failed ({0}), to be tried again by the run", cause)
      : t("failed ({0})", cause);
  }
  if (open.phase === "waiting") return t("waiting for its next stage");
  if (status.inDoubtItems.some((entry) => entry.item === item))
    return status.damaged
      ? t("in doubt: no end of it can be read, and the checkpoint is damaged. It may be done, and paid for")
      : t("in doubt: begun, and no end was recorded. It may be done, and paid for");
  const { progress } = open;
  return progress ? t("running, {0}% by its own word", Math.floor(progress.fraction * 100)) : t("running");
}

/** The first and the last of its records. */
function where(page: Page, { view, history, file: given }: ItemPageInput): void {
  const [first] = history.entries;
  const last = history.entries.at(-1);
  const file = safeText(given ?? view.checkpoint);
  if (!first || !last) {
    page.field(t("Where"), [
      view.scan.format === "agent-resume"
        ? t("{0}, in its last line", file)
        : t("{0} says nothing of it", file),
    ]);
    return;
  }
  page.field(t("Where"), first === last ? [`${file}, `, first] : [`${file}, `, first, " … ", last]);
}

function failure(page: Page, { item, view, history }: ItemPageInput): void {
  if (view.state.done.has(item)) return;
  const failed = history.entries.findLast(({ record }) => record.type === "failed");
  if (!failed) return;
  const { message, detail } = failed.record as FailedRecord;
  page.heading("error", t("Error"));
  page.block(message);
  const stack = framesIn(detail === undefined ? "" : withoutTrialNote(detail), message);
  if (stack === "") return;
  page.heading("stack", t("Stack"));
  page.block(stack);
}

/**
 * A stack without the message that it begins with, as JavaScript's do: that is there already. Python's end with it, and
 * any may quote it in a line of code. Lines keep how far they are set in beside each other.
 */
function framesIn(stack: string, message: string): string {
  const at = stack.indexOf(message);
  const isAtStart = at !== -1 && !stack.slice(0, at).includes("\n");
  const lines = (isAtStart ? stack.slice(at + message.length) : stack).trimEnd().split("\n");
  if (lines[0]?.trim() === "") lines.shift();
  const depths = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const least = depths.reduce((least, depth) => Math.min(least, depth), Number.POSITIVE_INFINITY);
  return lines.map((line) => line.slice(least)).join("\n");
}

function tried(page: Page, { tried: given }: ItemPageInput): void {
  if (!given) return;
  page.heading("trial", t("Trial"), t("attempt {0} gave this result, which is not kept", given.attempt));
  const text = given.result === undefined ? t("(none)") : JSON.stringify(given.result, null, 2);
  page.block(text.length > maxTriedChars ? `${text.slice(0, maxTriedChars)}\n${t("… cut here")}` : text);
}

function result(page: Page, entries: readonly ItemEntry[]): void {
  const done = entries.find(({ record }) => record.type === "done");
  if (!done) return;
  const shown = done.result ?? entries.findLast(({ record }) => record.type === "measured")?.result;
  page.heading("result", t("Result"));
  if (!shown) {
    page.lines.push(`${indent}${t("(none was recorded)")}`);
    return;
  }
  page.block(shown.text);
  if (shown.isCut) page.add([`${indent}${cutText(shown)} `, done]);
}

const cutText = ({ bytes }: ShownJson): string =>
  t("… cut here: it has {0}. All of it is in the checkpoint:", bytesText(bytes));

function givenInput(page: Page, input: ShownInput | undefined): void {
  page.heading("input", t("Input"));
  if (!input) page.lines.push(`${indent}${t("(not read: Show Input asks the job for it)")}`);
  else if ("why" in input) page.block(`(${input.why})`);
  else page.block(input.text);
}

function steps(page: Page, entries: readonly ItemEntry[]): void {
  const byOperation = new Map<string, ItemEntry>();
  for (const entry of entries)
    if (entry.record.type === "step") byOperation.set(`${entry.record.step}/${entry.record.op}`, entry);
  if (byOperation.size === 0) return;
  page.heading("steps", t("Steps"));
  const all = [...byOperation.values()];
  for (const entry of all.slice(0, maxSteps)) {
    const { record, result: given } = entry;
    if (record.type !== "step") continue;
    const took = record.ms === undefined ? "" : `  ${durationText(record.ms)}`;
    page.add([`${indent}${safeText(redact(record.step))}${took}  `, entry]);
    if (!given) continue;
    const isCut = given.isCut || given.text.length > maxStepChars;
    page.block(given.text.slice(0, maxStepChars), indent.repeat(2));
    if (isCut) page.add([`${indent.repeat(2)}${cutText(given)} `, entry]);
  }
  if (all.length > maxSteps)
    page.lines.push(`${indent}${counted(all.length - maxSteps, "and {0} more step", "and {0} more steps")}`);
}

function usage(page: Page, attempts: readonly Attempt[]): void {
  let sum: Usage | undefined;
  for (const { usage: used } of attempts) if (used) sum = addUsages(sum, used);
  if (!sum) return;
  page.heading(
    "usage",
    t("Usage"),
    attempts.length > 1 ? counted(attempts.length, "of {0} attempt", "of {0} attempts") : "",
  );
  const row = (name: string, amount: number | undefined, text = countText(amount ?? 0)) => {
    if (amount !== undefined) page.lines.push(`${indent}${name.padEnd(16)} ${text}`);
  };
  row(t("Cost"), sum.usd, usdText(sum.usd ?? 0));
  row(t("Input tokens"), sum.inputTokens);
  row(t("Output tokens"), sum.outputTokens);
  row(t("Cached"), sum.cachedTokens);
  row(t("Cache writes"), sum.cacheWriteTokens);
  row(t("Requests"), sum.requests);
  if (sum.model !== undefined)
    page.lines.push(`${indent}${t("Model").padEnd(16)} ${safeText(redact(sum.model))}`);
}

function log(page: Page, found: ItemLog | undefined, { state }: JobView): void {
  if (!found || found.lines.length === 0) return;
  const { length } = found.lines;
  const note = t("the newest {0} of {1}", countText(length), plural(length + found.left, "line"));
  page.heading("log", t("Log"), found.left > 0 ? note : "");
  for (const line of logLineTexts(found.lines, state)) page.lines.push(indent + line);
}
