import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { messageOf, systemCodeOf } from "../../runtime/errors.js";
import { type ItemResult, readResults } from "../../runtime/results.js";
import { fileStemOf } from "../../runtime/runner/jobPaths.js";
import { openPlain } from "../../runtime/store/plainFile.js";
import { reportMark, reportPage } from "../../view/report/page.js";
import { maxReportResults, reportData } from "../../view/report/reportData.js";
import { ReportTimeline } from "../../view/report/timeline.js";
import { safeText } from "../../view/text.js";
import { CommandError, exit } from "../exitCodes.js";
import { chosenTargets, takesLabel } from "../runChoice.js";
import { readTarget } from "../targets.js";
import { leave, print, printJson } from "../terminal.js";

interface ReportFlags {
  as?: string;
  out?: string;
  results?: boolean;
  ids?: boolean;
  json?: boolean;
}

export function registerReport(program: Command): void {
  takesLabel(program.command("report"))
    .description("write one HTML page to share: figures, times, cost and failures, without secrets")
    .argument("<job>", "a job file or a checkpoint, also while it runs")
    .option("--out <file>", "where to; - is standard output. Left out: NAME-report.html")
    .option("--results", `with the first ${maxReportResults} results; they are left out by default`)
    .option("--ids", "with the items' ids, which may be addresses or paths, and messages as they are")
    .option("--json", "print where it was written as JSON")
    .action(async (path: string, flags: ReportFlags) => leave(await report(path, flags)));
}

async function report(path: string, flags: ReportFlags): Promise<number> {
  const targets = await chosenTargets([path], flags);
  const [target] = targets;
  if (!target || targets.length > 1)
    throw new CommandError(
      exit.usage,
      `A report is of one job, and ${path} holds ${targets.length === 0 ? "none" : targets.length}. Name the job file or the checkpoint that you want.`,
    );
  const timeline = new ReportTimeline();
  const view = await readTarget(target, {
    onRecord: ({ record }) => timeline.take(record),
    onRestart: () => timeline.restart(),
  });
  if (view.error !== null) throw new CommandError(exit.usage, view.error);
  if (view.scan.format === "empty" && view.state.runs.size === 0)
    throw new CommandError(
      exit.usage,
      `There is nothing to report of ${safeText(view.name)} yet: it was not run. Run it first.`,
    );
  const results = flags.results ? await firstResults(target.checkpoint) : undefined;
  const page = reportPage(
    reportData(view, timeline, { ids: flags.ids === true, ...(results && { results }) }),
  );
  if (flags.out === "-") {
    if (!process.stdout.write(page)) await new Promise((done) => process.stdout.once("drain", done));
    return exit.ok;
  }
  const name = fileStemOf(view.label === null ? view.name : `${view.name}-${view.label}`);
  const file = resolve(flags.out ?? `${name}-report.html`);
  // A file that was named is meant to be replaced, as with any program's output.
  if (flags.out === undefined) await assertReport(file);
  await writeWhole(file, page);
  const shown = relative(process.cwd(), file);
  if (flags.json) printJson({ report: file, results: flags.results === true, ids: flags.ids === true });
  else
    print(
      `Wrote ${shown}: ${flags.results ? "figures and results" : "figures, no results"}, ${flags.ids ? "with" : "without"} item ids. Look at it before you share it.`,
    );
  return exit.ok;
}

async function firstResults(checkpoint: string): Promise<ItemResult[]> {
  const results: ItemResult[] = [];
  for await (const result of readResults(checkpoint)) {
    results.push(result);
    if (results.length === maxReportResults) break;
  }
  return results;
}

/** @throws CommandError exit 74 where something else than an earlier report is there */
async function assertReport(file: string): Promise<void> {
  const head = await headOf(file);
  if (head === undefined || head.includes(reportMark)) return;
  throw new CommandError(
    exit.cannotWrite,
    `Will not overwrite ${file}: it is no report of Agent Jobs. Name another file with --out.`,
  );
}

const headBytes = 1024;

/** Undefined where there is no file; empty where it cannot be read. */
async function headOf(file: string): Promise<string | undefined> {
  try {
    const handle = await openPlain(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      return buffer.toString("utf8", 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    return systemCodeOf(error) === "ENOENT" ? undefined : "";
  }
}

/** A reader of the file sees the page before or the new one, whole. */
async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.draft-${randomUUID()}`;
  try {
    const handle = await open(draft, "wx");
    try {
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    throw new CommandError(
      exit.cannotWrite,
      `Cannot write ${file}: ${messageOf(error)}. Name a file that can be written with --out.`,
    );
  } finally {
    await rm(draft, { force: true });
  }
}
