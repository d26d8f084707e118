import { redact } from "../runtime/redact.js";
import { safeText } from "./text.js";

/**
 * Lines of the log as they may be shown, a line each, with their times. Our own runs write no keys; another program,
 * or an earlier version, may have.
 */
export function logLineTexts(lines: readonly { time: string; text: string }[]): string[] {
  return lines.map(({ time, text }) => `${time}  ${safeText(redact(text))}`);
}
