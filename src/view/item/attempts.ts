import { isTimed, type Usage } from "../../runtime/format/record.js";
import type { ItemEntry } from "../../runtime/itemHistory.js";
import { redact } from "../../runtime/redact.js";
import { endingOf, type RunEnding } from "../../runtime/state/status.js";
import { isTrialNote } from "../../runtime/state/trialNote.js";
import { addUsages } from "../../runtime/usage.js";
import type { JobView } from "../jobView.js";
import { t } from "../l10n.js";
import { durationText, safeText, secondText, usdText } from "../text.js";
import { indent, type Page } from "./page.js";

/** An attempt at an item, by what its records say. */
export interface Attempt {
  attempt: number;
  run: number;
  /** When it began, where a record says so. */
  atMs: number | undefined;
  end: ItemEntry | undefined;
  usage: Usage | undefined;
  last: ItemEntry;
}

const maxAttempts = 200;

/** Attempts by their numbers; what ended one is its last word. */
export function attemptsOf(entries: readonly ItemEntry[]): Attempt[] {
  const attempts = new Map<number, Attempt>();
  const seen = new Set<string>();
  for (const entry of entries) {
    const { record } = entry;
    if (!("attempt" in record) && record.type !== "done") continue;
    const number = record.attempt ?? Math.max(1, ...attempts.keys());
    const known = attempts.get(number) ?? {
      ...{ attempt: number, run: record.run ?? 0, atMs: undefined },
      ...{ end: undefined, usage: undefined, last: entry },
    };
    attempts.set(number, known);
    known.last = entry;
    if (record.run !== undefined) known.run = record.run;
    if (record.type === "started") known.atMs ??= record.atMs;
    const isEnd = record.type === "failed" || record.type === "done";
    if (isEnd && (record.type === "done" || known.end?.record.type !== "done")) known.end = entry;
    // The same record can be there twice.
    const name = `${record.type}/${number}/${record.type === "spent" ? record.n : 0}`;
    if (!("usage" in record) || !record.usage || seen.has(name)) continue;
    seen.add(name);
    known.usage = addUsages(known.usage, record.usage);
  }
  return [...attempts.values()].sort((a, b) => a.attempt - b.attempt);
}

/** A table of them, the newest first. */
export function attemptLines(page: Page, view: JobView, attempts: readonly Attempt[], left: number): void {
  if (attempts.length === 0) return;
  page.heading("attempts", t("Attempts"));
  const shown = attempts.slice(-maxAttempts).reverse();
  const rows = shown.map((attempt) => {
    const { run, atMs, end, usage: used } = attempt;
    const ms = end && "ms" in end.record ? end.record.ms : undefined;
    const begunMs = atMs ?? (end && end.record.atMs - (ms ?? 0));
    return [
      `${attempt.attempt}`,
      endText(view, attempt),
      run > 0 ? t("run {0}", run) : "",
      begunMs === undefined || !isTimed(begunMs) ? "" : secondText(begunMs),
      ms === undefined ? "" : durationText(ms),
      used?.usd === undefined ? "" : usdText(used.usd),
    ];
  });
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  for (const [i, row] of rows.entries()) {
    const cells = row.map((cell, at) => (at === 0 ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)));
    const text = cells.filter((_, at) => widths[at]! > 0).join("  ");
    page.add([`${indent}${text}  `, shown[i]!.end ?? shown[i]!.last]);
    const record = shown[i]!.end?.record;
    if (i === 0 || record?.type !== "failed" || isTrialNote(record.detail)) continue;
    page.block(record.message.split("\n", 1)[0] ?? "", `${indent}${" ".repeat(widths[0]!)}  `);
  }
  if (left > 0 || attempts.length > shown.length)
    page.lines.push(`${indent}${t("(earlier ones are in the checkpoint)")}`);
}

/** Of an attempt without an end: how its run ended, which need not be why. */
function lossText(run: number, ended: RunEnding): string {
  switch (ended) {
    case "killed":
      return t("no end recorded; run {0} was killed", run);
    case "out-of-memory":
      return t("no end recorded; run {0} was killed for want of memory", run);
    case "reboot":
      return t("no end recorded; run {0} ended with its machine", run);
    case "taken-over":
      return t("no end recorded; run {0} was taken over", run);
    default:
      return t("no end recorded; run {0} has ended", run);
  }
}

function endText({ state, status }: JobView, { run: number, end }: Attempt): string {
  const record = end?.record;
  if (record?.type === "done") return record.by === "person" ? t("marked as done") : t("done");
  if (record?.type === "failed") {
    if (isTrialNote(record.detail)) return t("trial, not kept");
    return t("failed ({0})", safeText(redact(record.cause)));
  }
  const run = state.runs.get(number);
  if (!run) return t("no end recorded");
  if (status.holder?.token === run.token) return t("under way");
  const lost = status.lastRun?.run.run === number ? status.lastRun.ended : endingOf(run);
  return lossText(number, lost);
}
