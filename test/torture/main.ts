// npm run torture [-- --only NAME,NAME] [--seed N] [--times N] [--jobs N]: faults that are really injected, a row a kind.
import { parseArgs } from "node:util";
import { crc32 } from "node:zlib";
import { endWithParent } from "../host/cleanup.js";
import { failed, inOrder, type Message, runApart } from "./apart.js";
import { Random, type Row, type RowOutcome, type Skipped } from "./row.js";
import { rows } from "./rows/index.js";

const header = ["test", "cases", "lost", "wrong", "thrown", "verdict"];
const widths = [72, 9, 6, 7, 8, 9];

function line(cells: readonly (string | number)[]): string {
  return cells
    .map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]!) : String(cell).padStart(widths[i]!)))
    .join("");
}

function usage(message: string): never {
  const names = rows.map((row) => row.name).join(",");
  console.error(`${message}\nExpected --only NAME[,NAME] (${names}), --seed N, --times N, --jobs N.`);
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
        jobs: { type: "string" },
        row: { type: "string" },
      },
    });
    const only = values.only?.flatMap((names) => names.split(","));
    for (const name of only ?? [])
      if (!rows.some((row) => row.name === name)) usage(`There is no row "${name}".`);
    const seed = wholeNumber("seed", values.seed) ?? Math.floor(Math.random() * 2 ** 32);
    const times = wholeNumber("times", values.times);
    return { only, seed, times, jobs: wholeNumber("jobs", values.jobs) ?? 2, row: values.row };
  } catch (error) {
    return usage((error as Error).message);
  }
}

function print(row: Row, outcome: RowOutcome | Skipped, seconds: string): boolean {
  const title = `${row.name}: ${row.what}`;
  if ("skipped" in outcome) {
    console.log(line([title, "", "", "", "", "skipped"]));
    console.log(`    skipped: ${outcome.skipped}`);
    return true;
  }
  const { cases, lost, wrong, thrown, problems, note, skippedParts = {} } = outcome;
  const passed = cases > 0 && lost + wrong + thrown === 0;
  console.log(line([title, cases, lost, wrong, thrown, passed ? "passed" : "FAILED"]));
  console.log(`    ${note ? `${note}; ` : ""}${seconds} s`);
  for (const problem of problems) console.log(`    ${problem}`);
  for (const [part, why] of Object.entries(skippedParts)) console.log(`    skipped: ${part}: ${why}`);
  return passed;
}

/** Runs rows side by side, and prints them in the order of the table. */
async function runAll(chosen: readonly Row[], args: readonly string[], jobs: number): Promise<boolean> {
  const isTerminal = process.stdout.isTTY === true;
  const show = (text: string) => isTerminal && process.stdout.write(`\r\u001b[2K${text}`);
  const outcomes = inOrder(chosen, jobs, async (row) => {
    const beganMs = performance.now();
    const outcome = await runApart(row, args, (text) => show(`${row.name}: ${text}`));
    return { outcome, seconds: ((performance.now() - beganMs) / 1000).toFixed(1) };
  });
  let passed = true;
  for (const row of chosen) {
    const { outcome, seconds } = await outcomes.get(row)!;
    show("");
    passed = print(row, outcome, seconds) && passed;
  }
  return passed;
}

/** What the process of one row does. */
async function runRow(row: Row, seed: number, times: number): Promise<void> {
  const send = (message: Message) =>
    new Promise<void>((resolve) => (process.send ? process.send(message, () => resolve()) : resolve()));
  let outcome: RowOutcome | Skipped;
  try {
    outcome = await row.run({
      // Rows of one kind are not to do the same.
      random: new Random(seed ^ crc32(row.name)),
      times,
      progress: (text) => void send({ progress: text }),
    });
  } catch (error) {
    outcome = failed(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  await send({ outcome });
}

async function main(): Promise<void> {
  endWithParent();
  const { only, seed, times, jobs, row: name } = parse();
  const row = rows.find((each) => each.name === name);
  if (row) {
    await runRow(row, seed, times ?? row.full);
    process.exit(0);
  }
  console.log(`Seed ${seed} (--seed ${seed} repeats it).\n${line(header)}`);
  const beganMs = performance.now();
  const args = ["--seed", String(seed), ...(times === undefined ? [] : ["--times", String(times)])];
  const chosen = rows.filter((each) => !only || only.includes(each.name));
  const passed = await runAll(chosen, args, jobs);
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(0);
  console.log(`${passed ? "Nothing failed" : "FAILED"}, in ${seconds} s.`);
  process.exit(passed ? 0 : 1);
}

void main();
