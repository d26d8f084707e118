import type { JobStatus } from "../runtime/state/status.js";
import { countText, durationText, percentText, rangeText, safeText, usdText } from "./text.js";

export interface ProgressInput {
  name: string;
  status: JobStatus;
  /** Since whoever looks began to. */
  elapsedMs: number;
  /** How many items were done then. */
  doneBefore: number;
  nowMs: number;
  /** Columns; nothing is longer. */
  width: number;
}

interface Part {
  text: string;
  /** What matters least goes first where there is no room. */
  weight: number;
}

const barColumns = 20;
const maxNamedCauses = 3;
const maxNameColumns = 24;

/** A run's progress in one line: `nightly  ███░░  847/1,000 · 84% · 2.4/s · 12–15 min left · 3 failed: 2 timeout, 1 auth`. */
export function progressText(input: ProgressInput): string {
  const { width } = input;
  const parts = partsOf(input);
  const name = { text: cutTo(safeText(input.name), Math.min(maxNameColumns, width)), weight: 5 };
  const bar = barOf(input.status);
  const heads = [name, ...(bar ? [{ text: bar, weight: 1 }] : [])];
  for (;;) {
    const line = [...heads.map(({ text }) => text), parts.map(({ text }) => text).join(" · ")].join("  ");
    if (columnsOf(line) <= width) return line;
    const lightest = [...heads, ...parts].reduce((least, part) =>
      part.weight < least.weight ? part : least,
    );
    if (heads.length + parts.length === 1) return cutTo(line, width);
    for (const list of [heads, parts]) if (list.includes(lightest)) list.splice(list.indexOf(lightest), 1);
  }
}

function partsOf({ status, elapsedMs, doneBefore, nowMs }: ProgressInput): Part[] {
  const { done, total, failed, inFlight, retrying, pause, spent, concurrency, run, stages } = status;
  const parts: Part[] = [];
  const add = (weight: number, text: string | false | null | undefined) =>
    text && parts.push({ text, weight });
  add(10, total === null ? `${countText(done)} done` : `${countText(done)}/${countText(total)}`);
  add(6, total ? percentText(done, total) : null);
  if (pause)
    add(9, `paused ${durationText(Math.max(1_000, pause.untilMs - nowMs))}: ${safeText(pause.cause)}`);
  if (status.progress === "stalled") add(9, "stalled");
  add(3, rateText(((done - doneBefore) / Math.max(1, elapsedMs)) * 1000));
  add(8, status.eta ? rangeText(status.eta) : `${durationText(elapsedMs)} so far`);
  add(7, failed > 0 && `${countText(failed)} failed`);
  add(4, failed > 0 && causesText(status));
  add(4, retrying > 0 && `${countText(retrying)} to be tried again`);
  const most = run?.concurrency;
  add(
    4,
    concurrency !== null && most !== undefined && concurrency < most && `${concurrency} of ${most} at a time`,
  );
  add(5, spent.usd !== null && usdText(spent.usd));
  add(
    2,
    stages.length > 0 &&
      stages.map((stage) => `${safeText(stage.name)} ${countText(stage.done)}`).join(" › "),
  );
  if (total === null && inFlight > 0) add(3, `${countText(inFlight)} in flight`);
  return parts;
}

function rateText(perSecond: number): string | null {
  if (perSecond <= 0) return null;
  return perSecond >= 1 ? `${perSecond.toFixed(1)}/s` : `${(perSecond * 60).toFixed(1)}/min`;
}

/** `2 rate-limit, 1 timeout` */
export function causesText({ failedItems }: JobStatus): string {
  const counts = new Map<string, number>();
  for (const { open } of failedItems) {
    const cause = open.failure?.cause ?? "other";
    counts.set(cause, (counts.get(cause) ?? 0) + 1);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  const named = sorted.slice(0, maxNamedCauses).map(([cause, count]) => `${count} ${safeText(cause)}`);
  return [...named, ...(sorted.length > maxNamedCauses ? ["…"] : [])].join(", ");
}

function barOf({ done, total }: JobStatus): string | null {
  if (!total) return null;
  const full = Math.min(barColumns, Math.floor((done / total) * barColumns));
  return "█".repeat(full) + "░".repeat(barColumns - full);
}

/** Characters that terminals show two columns wide: of East Asia, and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const combining = /\p{Mark}/u;

const columnOf = (character: string): number =>
  combining.test(character) ? 0 : wide.test(character) ? 2 : 1;

/** How many columns of a terminal a text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnOf(character);
  return columns;
}

function cutTo(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let cut = "";
  let left = columns - 1;
  for (const character of text) {
    left -= columnOf(character);
    if (left < 0) break;
    cut += character;
  }
  return `${cut}…`;
}
