/** All that is known of an item, as the lines of a document that folds by its indents. */
import { type ItemKey, idText } from "../../runtime/format/itemId.js";
import type { FailedRecord, Usage } from "../../runtime/format/record.js";
import type { ItemEntry, ItemHistory } from "../../runtime/itemHistory.js";
import { redact } from "../../runtime/redact.js";
import { withoutTrialNote } from "../../runtime/state/trialNote.js";
import { addUsages } from "../../runtime/usage.js";
import { logLineTexts } from "../itemLogText.js";
import type { JobView } from "../jobView.js";
import { bytesText, countText, durationText, plural, safeText, timeText, usdText } from "../text.js";
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
  page.field("Item", [safeText(redact(idText(item)))]);
  page.field("Job", [safeText(redact(view.label === null ? view.name : `${view.name} @ ${view.label}`))]);
  page.field("State", [stateText(input, attempts)]);
  where(page, input);
  failure(page, input);
  tried(page, input);
  result(page, history.entries);
  givenInput(page, input.input);
  attemptLines(page, view, attempts, history.left);
  steps(page, history.entries);
  usage(page, attempts);
  log(page, input.log);
  return page;
}

function stateText({ item, view }: ItemPageInput, attempts: readonly Attempt[]): string {
  const { state, status } = view;
  const open = state.open.get(item);
  const end = attempts.findLast(({ end: found }) => found?.record.type === "done")?.end;
  if (state.done.has(item)) {
    const record = end?.record;
    const by =
      record?.type === "done" && record.by === "person" ? ", marked by a person, without a result" : "";
    return `done${by}${record ? `, ${timeText(record.atMs)}` : ""}`;
  }
  if (!open) return "not begun";
  if (open.phase === "failed") {
    const isGoingOn = open.willRetry && status.holder !== null;
    return `failed (${safeText(redact(open.failure?.cause ?? "other"))})${isGoingOn ? ", to be tried again by the run" : ""}`;
  }
  if (open.phase === "waiting") return "waiting for its next stage";
  if (status.inDoubtItems.some((entry) => entry.item === item))
    return "in doubt: its run ended before it recorded how this went. It may be done, and paid for";
  const { progress } = open;
  return `running${progress ? `, ${Math.floor(progress.fraction * 100)}% by its own word` : ""}`;
}

/** The first and the last of its records. */
function where(page: Page, { view, history }: ItemPageInput): void {
  const [first] = history.entries;
  const last = history.entries.at(-1);
  const file = safeText(view.checkpoint);
  if (!first || !last) {
    page.field("Where", [
      view.scan.format === "agent-resume" ? `${file}, in its last line` : `${file} says nothing of it`,
    ]);
    return;
  }
  page.field("Where", first === last ? [`${file}, `, first] : [`${file}, `, first, " to ", last]);
}

function failure(page: Page, { item, view, history }: ItemPageInput): void {
  if (view.state.done.has(item)) return;
  const failed = history.entries.findLast(({ record }) => record.type === "failed");
  if (!failed) return;
  const { message, detail } = failed.record as FailedRecord;
  page.heading("Error");
  page.block(message);
  const own = detail === undefined ? "" : withoutTrialNote(detail);
  // A stack begins with the message, which is there already.
  const stack = own
    .slice(Math.max(0, own.indexOf(message)) + (own.includes(message) ? message.length : 0))
    .replace(/^\s*\n/, "");
  if (stack.trim() === "") return;
  page.heading("Stack");
  page.block(
    stack
      .split("\n")
      .map((line) => line.trimStart())
      .join("\n"),
  );
}

function tried(page: Page, { tried: given }: ItemPageInput): void {
  if (!given) return;
  page.heading("Trial", `attempt ${given.attempt} gave this result, which is not kept`);
  const text = given.result === undefined ? "(none)" : JSON.stringify(given.result, null, 2);
  page.block(text.length > maxTriedChars ? `${text.slice(0, maxTriedChars)}\n… cut here` : text);
}

function result(page: Page, entries: readonly ItemEntry[]): void {
  const done = entries.find(({ record }) => record.type === "done");
  if (!done) return;
  const shown = done.result ?? entries.findLast(({ record }) => record.type === "measured")?.result;
  page.heading("Result");
  if (!shown) {
    page.lines.push(`${indent}(none was recorded)`);
    return;
  }
  page.block(shown.text);
  if (shown.isCut)
    page.add([`${indent}… cut here: it has ${bytesText(shown.bytes)}. All of it is in `, done]);
}

function givenInput(page: Page, input: ShownInput | undefined): void {
  page.heading("Input");
  if (!input) page.lines.push(`${indent}(not read: Show Input asks the job for it)`);
  else if ("why" in input) page.block(`(${input.why})`);
  else page.block(input.text);
}

function steps(page: Page, entries: readonly ItemEntry[]): void {
  const byOperation = new Map<string, ItemEntry>();
  for (const entry of entries)
    if (entry.record.type === "step") byOperation.set(`${entry.record.step}/${entry.record.op}`, entry);
  if (byOperation.size === 0) return;
  page.heading("Steps");
  const all = [...byOperation.values()];
  for (const entry of all.slice(0, maxSteps)) {
    const { record, result: given } = entry;
    if (record.type !== "step") continue;
    const took = record.ms === undefined ? "" : `  ${durationText(record.ms)}`;
    page.add([`${indent}${safeText(redact(record.step))}${took}  `, entry]);
    if (!given) continue;
    const isCut = given.isCut || given.text.length > maxStepChars;
    page.block(given.text.slice(0, maxStepChars), indent.repeat(2));
    if (isCut)
      page.add([`${indent.repeat(2)}… cut here: it has ${bytesText(given.bytes)}. All of it is in `, entry]);
  }
  if (all.length > maxSteps) page.lines.push(`${indent}and ${plural(all.length - maxSteps, "more step")}`);
}

function usage(page: Page, attempts: readonly Attempt[]): void {
  let sum: Usage | undefined;
  for (const { usage: used } of attempts) if (used) sum = addUsages(sum, used);
  if (!sum) return;
  page.heading("Usage", attempts.length > 1 ? `of ${plural(attempts.length, "attempt")}` : "");
  const row = (name: string, amount: number | undefined, text = countText(amount ?? 0)) => {
    if (amount !== undefined) page.lines.push(`${indent}${name.padEnd(16)} ${text}`);
  };
  row("Cost", sum.usd, usdText(sum.usd ?? 0));
  row("Input tokens", sum.inputTokens);
  row("Output tokens", sum.outputTokens);
  row("Cached", sum.cachedTokens);
  row("Cache writes", sum.cacheWriteTokens);
  row("Requests", sum.requests);
  if (sum.model !== undefined)
    page.lines.push(`${indent}${"Model".padEnd(16)} ${safeText(redact(sum.model))}`);
}

function log(page: Page, found: ItemLog | undefined): void {
  if (!found || found.lines.length === 0) return;
  page.heading(
    "Log",
    found.left > 0
      ? `newest ${countText(found.lines.length)} of ${plural(found.lines.length + found.left, "line")}`
      : "",
  );
  for (const line of logLineTexts(found.lines)) page.lines.push(indent + line);
}
