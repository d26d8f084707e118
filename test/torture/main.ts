// npm run torture [-- --only NAME] [--seed N] [--times N]: faults that are really injected, a row a kind.
import { parseArgs } from "node:util";
import { endWithParent } from "../host/cleanup.js";
import { Random, type Row, type RowOutcome } from "./row.js";
import { rows } from "./rows/index.js";

const header = ["test", "cases", "lost", "wrong", "thrown", "verdict"];
const widths = [44, 7, 6, 7, 8, 9];

function line(cells: readonly (string | number)[]): string {
  return cells
    .map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]!) : String(cell).padStart(widths[i]!)))
    .join("");
}

function usage(message: string): never {
  console.error(`${message}\nExpected --only ${rows.map((row) => row.name).join("|")}, --seed N, --times N.`);
  process.exit(2);
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  return Number.isInteger(number) && number >= 1
    ? number
    : usage(`Expected --${name} to be an integer of at least 1, got "${text}".`);
}

function parse() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string", multiple: true },
        seed: { type: "string" },
        times: { type: "string" },
      },
    });
    const only = values.only?.flatMap((names) => names.split(","));
    for (const name of only ?? [])
      if (!rows.some((row) => row.name === name)) usage(`There is no row "${name}".`);
    const seed = wholeNumber("seed", values.seed) ?? Math.floor(Math.random() * 2 ** 32);
    return { only, seed, times: wholeNumber("times", values.times) };
  } catch (error) {
    return usage((error as Error).message);
  }
}

async function runRow(row: Row, seed: number, times: number | undefined): Promise<boolean> {
  const isTerminal = process.stdout.isTTY === true;
  const beganMs = performance.now();
  let outcome: RowOutcome | { skipped: string };
  try {
    outcome = await row.run({
      random: new Random(seed),
      times,
      progress: (text) => isTerminal && process.stdout.write(`\r\u001b[2K${row.name}: ${text}`),
    });
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    outcome = { cases: 0, lost: 0, wrong: 0, thrown: 1, problems: [problem] };
  }
  if (isTerminal) process.stdout.write("\r\u001b[2K");
  const title = `${row.name}: ${row.what}`;
  if ("skipped" in outcome) {
    console.log(line([title, "", "", "", "", "skipped"]));
    console.log(`    ${outcome.skipped}`);
    return true;
  }
  const { cases, lost, wrong, thrown, problems, note } = outcome;
  const passed = cases > 0 && lost + wrong + thrown === 0;
  console.log(line([title, cases, lost, wrong, thrown, passed ? "passed" : "FAILED"]));
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(1);
  console.log(`    ${note ? `${note}; ` : ""}${seconds} s`);
  for (const problem of problems) console.log(`    ${problem}`);
  return passed;
}

async function main(): Promise<void> {
  endWithParent();
  const { only, seed, times } = parse();
  console.log(`Seed ${seed} (--seed ${seed} repeats it).\n${line(header)}`);
  let passed = true;
  for (const row of rows)
    if (!only || only.includes(row.name)) passed = (await runRow(row, seed, times)) && passed;
  process.exit(passed ? 0 : 1);
}

void main();
