import type { Command } from "commander";
import { faultText } from "../../view/faultText.js";
import { jobDetails, jobRow, lookOf } from "../../view/jobRow.js";
import type { JobView } from "../../view/jobView.js";
import { statusJson } from "../../view/statusJson.js";
import { safeText } from "../../view/text.js";
import { exit } from "../exitCodes.js";
import { type MapFlag, mapped, takesMap } from "../mapFlag.js";
import { takesLabel } from "../runChoice.js";
import { tellApart } from "../sameNames.js";
import { failedLine, retryLines, suggestionsFor } from "../suggestions.js";
import { allTargetsOf, readTarget, type Target } from "../targets.js";
import { leave, print, printJson, styled } from "../terminal.js";

const maxListedFaults = 5;

export function registerStatus(program: Command): void {
  takesMap(takesLabel(program.command("status")))
    .description("say how jobs stand: job files, checkpoints, or folders of them")
    .argument("[path...]", "job files, checkpoints or folders", ["."])
    .option("--json", "print one JSON object")
    .action(async (paths: string[], flags: StatusFlags) => leave(await status(paths, flags)));
}

interface StatusFlags extends MapFlag {
  as?: string;
  json?: boolean;
}

async function status(paths: string[], flags: StatusFlags): Promise<number> {
  const targets = await mapped(await allTargetsOf(paths, { label: flags.as }), flags);
  const views: JobView[] = [];
  for (const target of targets) views.push(await readTarget(target));
  if (flags.json) printJson({ jobs: views.map(statusJson) });
  else if (views.length === 0)
    print(`No jobs in ${paths.join(", ")}. Name a job file, a checkpoint, or a folder of them.`);
  else {
    const told = tellApart(
      views.map((view, i) => ({
        title: jobRow(view.name, view).title,
        path: targets[i]!.jobFile ?? targets[i]!.checkpoint,
      })),
    );
    for (const [i, view] of views.entries()) printView(view, views.length === 1, told[i]);
    if (views.length === 1) for (const line of nextLines(views[0]!, targets[0]!)) print(`  ${line}`);
  }
  return exitCodeOf(views);
}

/** What to type about failed items. Of a live run they may be tried again yet, and damage is to be repaired first. */
function nextLines({ status, state, foreign, error }: JobView, { checkpoint, jobFile }: Target): string[] {
  if (error !== null || foreign || status.failed === 0 || status.holder !== null || status.damaged) return [];
  // The job file that a checkpoint names may be anybody's: only one that a person named is suggested to be run.
  const { run, read } = suggestionsFor({ checkpoint, jobFile }, { jobFile: null, label: state.label });
  const retry = run === undefined ? [] : retryLines(status, status.lastRun?.ended, run);
  return [failedLine(status, read), ...retry];
}

/** 2 beats 3 beats 0. */
export function exitCodeOf(views: readonly JobView[]): number {
  if (views.some((view) => view.error !== null)) return exit.usage;
  return views.some((view) => view.status.damaged) ? exit.damaged : exit.ok;
}

const colours = {
  running: "cyan",
  stalled: "yellow",
  stopped: "yellow",
  finished: "green",
  "finished-with-failures": "red",
  damaged: "red",
  unreadable: "red",
  new: "dim",
} as const;

/** @param distinction what tells it from others of its name */
export function printView(view: JobView, alone: boolean, distinction = ""): void {
  const row = jobRow(view.name, view);
  const title = styled("bold", row.title) + (distinction === "" ? "" : ` (${safeText(distinction)})`);
  print(`${styled(colours[lookOf(view)], "●")} ${title}  ${row.description}`);
  if (alone || view.error !== null || view.status.damaged)
    for (const line of jobDetails(view.name, view).slice(view.error === null ? 2 : 1)) print(`  ${line}`);
  for (const fault of view.scan.faults.slice(0, view.error === null ? maxListedFaults : 0))
    print(`  line ${fault.line}: ${faultText(fault, view.foreign !== null)}`);
  const more = view.error === null ? view.scan.faultCount - maxListedFaults : 0;
  if (more > 0) print(`  and ${more} more`);
}
