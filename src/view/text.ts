/** Numbers and times as people read them, and text from models made safe to show. */
import { isTimed } from "../runtime/format/record.js";
import { safeText } from "../runtime/safeText.js";
import { type Argument, t, tCount } from "./l10n.js";

export { safeLines, safeText } from "../runtime/safeText.js";

/**
 * Safe text for labels, lists and notifications of the editor, which read `$(icon)` as an icon and `[text](address)`
 * as a link.
 */
export function labelText(text: string): string {
  return safeText(text)
    .replace(/\$\((?=[a-z\d~-]+\))/gi, "$ (")
    .replaceAll("](", "] (");
}

/** Lines as Markdown that renders as just these lines: nothing in it is a link, a command, an image or HTML. */
export function markdownText(lines: readonly string[]): string {
  // Every ASCII punctuation character may be escaped so; leading blanks would begin a block of code.
  return lines
    .map((line) =>
      safeText(line)
        .trimStart()
        .replace(/[!-/:-@[-`{-~]/g, "\\$&"),
    )
    .join("\n\n");
}

/** Safe text of at most `max` characters, with an ellipsis where it was cut. */
export function shortText(text: string, max: number): string {
  const characters = [...safeText(text.length > 4 * max ? text.slice(0, 4 * max) : text)];
  return characters.length <= max ? characters.join("") : `${characters.slice(0, max - 1).join("")}…`;
}

/**
 * What the language's own formats need is made when it is first needed, and for what is shown all the time it is not: to make
 * one takes as long as all the rest of a command's start, and keeps an editor waiting.
 */
let groups: Intl.NumberFormat | undefined;

/** As `shortText`, but what is left out is in the middle: names that services give differ at their ends. */
export function middleText(text: string, max: number): string {
  const chars = [...text];
  if (chars.length <= max) return safeText(text);
  const end = Math.floor((max - 1) / 3);
  return safeText(`${chars.slice(0, max - 1 - end).join("")}…${chars.slice(-end).join("")}`);
}

/** `12,847` */
export function countText(count: number): string {
  if (Number.isSafeInteger(count)) return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
  groups ??= new Intl.NumberFormat("en-US");
  return groups.format(count);
}

/** `1 item`, `12 items`; the messages are `{0} item` and `{0} items`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return counted(count, `{0} ${one}`, `{0} ${many}`);
}

/** One of two whole messages by a count, which is their `{0}`; what else they name begins with `{1}`. */
export function counted(count: number, one: string, many: string, ...more: Argument[]): string {
  return tCount(count, one, many, countText(count), ...more);
}

/** `$3.10 and 39 min` */
export function bothText(texts: readonly string[]): string {
  const [first = "", second] = texts;
  return second === undefined ? first : t("{0} and {1}", first, second);
}

/** A number of milliseconds in its natural unit: `850 ms`, `12 s`, `4 min`, `2 h 5 min`, `3 d 4 h`. */
export function durationText(ms: number): string {
  return partsText(durationParts(ms));
}

/** `39 min of item time`: what each item took, added up. Less went by on the clock where several ran at a time. */
export const itemTimeText = (ms: number): string => t("{0} of item time", durationText(ms));

type Unit = "ms" | "s" | "min" | "h" | "d";
type DurationPart = [figure: number | string, unit: Unit];

const unitTexts: Record<Unit, (figure: number | string) => string> = {
  ms: (figure) => t("{0} ms", figure),
  s: (figure) => t("{0} s", figure),
  min: (figure) => t("{0} min", figure),
  h: (figure) => t("{0} h", figure),
  d: (figure) => t("{0} d", figure),
};

const partsText = (parts: readonly DurationPart[]): string =>
  parts.map(([figure, unit]) => unitTexts[unit](figure)).join(" ");

function durationParts(ms: number): DurationPart[] {
  if (ms < 1_000) return [[Math.round(ms), "ms"]];
  const seconds = Math.round(ms / 1_000);
  if (seconds < 90) return [[seconds, "s"]];
  const minutes = Math.round(ms / 60_000);
  if (minutes < 90) return [[minutes, "min"]];
  const hours = Math.floor(minutes / 60);
  if (hours < 36) return withRest([hours, "h"], [minutes % 60, "min"]);
  return withRest([Math.floor(hours / 24), "d"], [hours % 24, "h"]);
}

const withRest = (whole: DurationPart, rest: DurationPart): DurationPart[] =>
  rest[0] === 0 ? [whole] : [whole, rest];

/** `12.5 s` */
export const secondsText = (figure: string): string => unitTexts.s(figure);

/** `12–15 min left`, or one figure where both ends read the same. */
export function rangeText(eta: { p50Ms: number; p90Ms: number }): string {
  return t("{0} left", spanText(eta));
}

/** `12–15 min` */
export function spanText({ p50Ms, p90Ms }: { p50Ms: number; p90Ms: number }): string {
  const low = durationParts(Math.max(1_000, p50Ms));
  const high = durationParts(Math.max(1_000, p90Ms));
  const [[from, unit], [to, toUnit]] = [low[0]!, high[0]!];
  if (partsText(low) === partsText(high)) return partsText(low);
  const isOneUnit = low.length === 1 && high.length === 1 && unit === toUnit;
  return isOneUnit ? unitTexts[unit](`${from}–${to}`) : `${partsText(low)}–${partsText(high)}`;
}

/** `34.5 KB`; 1 KB is 1,000 bytes. */
export function bytesText(bytes: number): string {
  if (bytes < 1_000) return plural(bytes, "byte");
  let amount = bytes / 1_000;
  let unit = 0;
  while (amount >= 1_000 && unit < byteTexts.length - 1) {
    amount /= 1_000;
    unit++;
  }
  return byteTexts[unit]!(amount < 10 ? amount.toFixed(1) : Math.round(amount));
}

const byteTexts: ((amount: number | string) => string)[] = [
  (amount) => t("{0} KB", amount),
  (amount) => t("{0} MB", amount),
  (amount) => t("{0} GB", amount),
  (amount) => t("{0} TB", amount),
];

/** `$1.20`; cents and below with two digits that count. */
export function usdText(usd: number): string {
  return usd === 0 || usd >= 0.1 ? `$${usd.toFixed(2)}` : `$${Number(usd.toPrecision(2))}`;
}

/** Done per total in percent, never rounded up to 100: `84%`. */
export function percentText(done: number, total: number): string {
  if (total === 0) return "100%";
  const percent = (done / total) * 100;
  return `${done < total ? Math.min(99, Math.floor(percent)) : 100}%`;
}

/** As screen readers say it well: `84 percent`. */
export function spokenPercent(done: number, total: number): string {
  return t("{0} percent", percentText(done, total).slice(0, -1));
}

/** `2026-11-21 04:00` in the given zone or the machine's. */
export function timeText(ms: number, timeZone?: string): string {
  const time = new Date(ms);
  const year = time.getFullYear();
  if (timeZone !== undefined || !(year >= 1_000 && year <= 9_999)) return languageTime(ms, timeZone);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${year}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** `2026-11-21 04:00:07`, where seconds tell what came first. */
export const secondText = (ms: number): string =>
  `${timeText(ms)}:${String(new Date(ms).getSeconds()).padStart(2, "0")}`;

/** The same of a record's time, which files of other tools need not tell. */
export const recordTimeText = (ms: number): string => (isTimed(ms) ? secondText(ms) : t("not recorded"));

/** The same of an ISO time that a file tells; what is none stays as it is. */
export function isoSecondText(time: string): string {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? safeText(time) : secondText(ms);
}

function languageTime(ms: number, timeZone: string | undefined): string {
  const style = { dateStyle: "short", timeStyle: "short" } as const;
  return new Intl.DateTimeFormat("sv-SE", { ...style, ...(timeZone && { timeZone }) }).format(ms);
}
