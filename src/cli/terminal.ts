import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";
import { lastErrorVariable, noteLastError } from "../runtime/lastError.js";
import { redact } from "../runtime/redact.js";
import { safeJson, safeLines, safeText } from "../runtime/safeText.js";

/** Whether a person sees what is printed: only there colours, the moving line, and questions make sense. */
export const isTerminal = (): boolean => process.stdout.isTTY === true;

const colours = (): boolean => isTerminal() && !process.env.NO_COLOR && process.env.TERM !== "dumb";

/** Text in a style, on a terminal that wants colours. */
export function styled(style: Parameters<typeof styleText>[0], text: string): string {
  return colours() ? styleText(style, text, { validateStream: false }) : text;
}

/** What `styled` puts around a text. */
const sequenceStart = "\u001b[";
const style = new RegExp(`(${sequenceStart.replace("[", "\\[")}\\d{1,2}m)`);

/** A line as it may be shown: of what could act on the terminal, nothing but our own styles. */
export function shown(line: string): string {
  if (!colours()) return safeText(line);
  return line
    .split(style)
    .map((part, i) => (i % 2 === 1 ? part : safeText(part)))
    .join("");
}

export function print(line = ""): void {
  process.stdout.write(`${shown(line)}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${safeJson(JSON.stringify(value))}\n`);
}

const errorFile = process.env[lastErrorVariable];
// What the programs of a job say is not for the editor.
delete process.env[lastErrorVariable];

/** Leaves an error where the editor that started this looks for it, if one did. */
export function noteError(message: string): void {
  if (errorFile) noteLastError(errorFile, safeLines(redact(message)).join("\n"));
}

/** Further lines of a message are set in, so that none of them passes for a message of its own. */
export function printError(message: string): void {
  printWarning(message);
  noteError(message);
}

/** As `printError`, of something that is not why the command failed. */
export function printWarning(message: string): void {
  process.stderr.write(`agent-jobs: ${safeLines(redact(message)).join("\n  ")}\n`);
}

/** An editor runs jobs in terminals that nobody looks at, says so, and asks itself. */
const canAsk = (): boolean =>
  process.stdin.isTTY === true && isTerminal() && process.env.AGENT_JOBS_ASK !== "no";

/**
 * Asks a question that `y` answers with yes; anything else is no.
 * @returns null where nobody can be asked
 */
export async function confirm(question: string): Promise<boolean | null> {
  if (!canAsk()) return null;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await lines.question(`${shown(question)} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}

/**
 * Asks which of several things to do; the first letter chooses.
 * @returns undefined where none was chosen, null where nobody can be asked
 */
export async function choose<T extends string>(
  question: string,
  choices: readonly T[],
): Promise<T | undefined | null> {
  if (!canAsk()) return null;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = (await lines.question(`${shown(question)} `)).trim().toLowerCase();
    return choices.find((choice) => answer !== "" && choice.startsWith(answer));
  } finally {
    lines.close();
  }
}

/** Ends the process once what was printed has gone out: a job may have left timers and sockets open. */
export async function leave(code: number): Promise<never> {
  const flush = (stream: NodeJS.WriteStream) =>
    new Promise<void>((resolve) =>
      stream.writableLength === 0 ? resolve() : stream.write("", () => resolve()),
    );
  await Promise.race([
    Promise.all([flush(process.stdout), flush(process.stderr)]),
    new Promise((r) => setTimeout(r, 2_000)),
  ]);
  process.exit(code);
}
