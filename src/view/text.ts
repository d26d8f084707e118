/** Numbers and times as people read them, and text from models made safe to show. */
import { safeText } from "../runtime/safeText.js";

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

/** Made when it is first needed: that takes as long as all the rest of a command's start. */
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
  if (Number.isInteger(count) && Math.abs(count) < 1_000) return String(count);
  groups ??= new Intl.NumberFormat("en-US");
  return groups.format(count);
}

/** `1 item`, `12 items` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** A number of milliseconds in its natural unit: `850 ms`, `12 s`, `4 min`, `2 h 5 min`, `3 d 4 h`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 36) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** `12–15 min left`, or one figure where both ends read the same. */
export function rangeText(eta: { p50Ms: number; p90Ms: number }): string {
  const low = durationText(Math.max(1_000, eta.p50Ms));
  const high = durationText(Math.max(1_000, eta.p90Ms));
  if (low === high) return `${low} left`;
  const unit = / (ms|s|min|h|d)$/;
  const sameUnit =
    unit.exec(low)?.[1] === unit.exec(high)?.[1] &&
    low.split(" ").length === 2 &&
    high.split(" ").length === 2;
  return `${sameUnit ? low.replace(unit, "") : low}–${high} left`;
}

/** `34.5 KB`; 1 KB is 1,000 bytes. */
export function bytesText(bytes: number): string {
  if (bytes < 1_000) return plural(bytes, "byte");
  const units = ["KB", "MB", "GB", "TB"];
  let amount = bytes / 1_000;
  let unit = 0;
  while (amount >= 1_000 && unit < units.length - 1) {
    amount /= 1_000;
    unit++;
  }
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${units[unit]}`;
}

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

/** `2026-11-21 04:00` in the given zone or the machine's. */
export function timeText(ms: number, timeZone?: string): string {
  const parts = new Intl.DateTimeFormat("sv-SE", {
    dateStyle: "short",
    timeStyle: "short",
    ...(timeZone && { timeZone }),
  });
  return parts.format(ms);
}
