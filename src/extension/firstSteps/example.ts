import { open, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import * as vscode from "vscode";
import { provenOwner } from "../../runtime/store/lockHolder.js";
import { exampleJob, exampleMark, exampleName } from "../../view/newJob/example.js";
import { lineToDamage } from "../../view/newJob/lineToDamage.js";
import { countText, labelText } from "../../view/text.js";
import { requireNotHeld } from "../commands/notHeld.js";
import { mayWrite } from "../commands/place.js";
import { start } from "../commands/run.js";
import type { Handler, Services } from "../commands/services.js";
import { requireTrust } from "../commands/target.js";
import { commandIds, jobsViewId } from "../ids.js";
import type { Job } from "../job.js";
import { unawaited } from "../log.js";
import { exists, folderForJob, jobsFolder, writeNew } from "./places.js";

/** What the walkthrough's buttons do with the example, and with no other job. */
export type ExampleStep = "create" | "run" | "kill" | "resume" | "retry" | "damage" | "repair";

/** Writes the example, opens it, and offers to run it. */
export const createExample: Handler = async (services) => {
  const job = await created(services);
  if (!job) return;
  await vscode.window.showTextDocument(vscode.Uri.file(job.jobFile!), { preview: false });
  const run = vscode.l10n.t("Run");
  const message = vscode.l10n.t("The example is ready: 60 short items, about 25 seconds, no key.");
  if ((await vscode.window.showInformationMessage(message, run)) === run) await start(services, job);
};

export const exampleStep: Handler = async (services, step) => {
  requireTrust();
  if (step === "create") {
    await created(services);
    return;
  }
  const job = await theExample(services);
  if (!job) return;
  await vscode.commands.executeCommand(`${jobsViewId}.focus`);
  await steps[step as Exclude<ExampleStep, "create">]?.(services, job);
};

const steps: Record<Exclude<ExampleStep, "create">, (services: Services, job: Job) => unknown> = {
  run: start,
  kill,
  resume: start,
  retry: (_, job) => vscode.commands.executeCommand(commandIds.retry, job.id),
  damage,
  repair: (_, job) => vscode.commands.executeCommand(commandIds.repair, job.id),
};

/** The example's job, made where there is none; its row is shown. */
async function created(services: Services): Promise<Job | undefined> {
  requireTrust();
  const known = await findExample(services);
  if (known) {
    show(services, known);
    return known;
  }
  const folder = await folderForJob();
  if (!folder) return undefined;
  const root = folder.uri.fsPath;
  const [path] = await writeNew(root, join(root, jobsFolder), [{ name: exampleName, text: exampleJob() }]);
  await services.catalog.refresh();
  const job = services.catalog.job(path!);
  if (!job)
    throw new Error(vscode.l10n.t("{0} was written, but is not listed: see agentJobs.jobFiles.", path!));
  // It runs for seconds: nobody needs to be asked what becomes of it when the window is closed.
  await services.outliving.decide(job, false);
  show(services, job);
  return job;
}

/** The row may be drawn a moment later, or the view be closed meanwhile. */
function show({ jobsView, log }: Services, job: Job): void {
  unawaited(log, "reveal", jobsView.reveal(job));
}

/** The example, or undefined where there is none, which is offered to be changed. */
async function theExample(services: Services): Promise<Job | undefined> {
  const job = await findExample(services);
  if (job) return job;
  const create = vscode.l10n.t("Create Example Job");
  const message = vscode.l10n.t("This is for the example job, and there is none in this folder yet.");
  if ((await vscode.window.showInformationMessage(message, create)) === create) await created(services);
  return undefined;
}

/** Told by what its file says, not by its name alone: a job of the person's own is never killed or damaged here. */
async function findExample({ catalog }: Services): Promise<Job | undefined> {
  await catalog.start();
  for (const job of catalog.jobs) {
    const { jobFile } = job;
    if (jobFile === null || basename(jobFile) !== exampleName || job.source.label !== null) continue;
    if ((await exists(jobFile)) && (await readFile(jobFile, "utf8")).startsWith(exampleMark)) return job;
  }
  return undefined;
}

/** Ends the process that holds the example as the system would end it: at once, with no chance to tidy up. */
async function kill(services: Services, job: Job): Promise<void> {
  const pid = await provenOwner(job.checkpoint);
  if (pid === undefined || pid === process.pid || pid <= 1) {
    const run = vscode.l10n.t("Run");
    const message = vscode.l10n.t("The example is not running: run it, and then kill it.");
    if ((await vscode.window.showInformationMessage(message, run)) === run) await start(services, job);
    return;
  }
  process.kill(pid, "SIGKILL");
  await services.catalog.refreshJob(job);
}

/** Spoils one finished item's line, as a bad disk or another program would. */
async function damage(services: Services, job: Job): Promise<void> {
  await requireNotHeld(job, vscode.l10n.t("then damage it"));
  if (!(await mayWrite(job.checkpoint, job.name))) return;
  const found = (await exists(job.checkpoint)) ? lineToDamage(await readFile(job.checkpoint)) : undefined;
  if (!found) throw new Error(vscode.l10n.t("The example has no finished item yet: run it first."));
  const file = await open(job.checkpoint, "r+");
  try {
    await file.write(found.bytes, 0, found.bytes.length, found.offsetBytes);
  } finally {
    await file.close();
  }
  await services.catalog.refreshJob(job);
  const repair = vscode.l10n.t("Repair…");
  const message = vscode.l10n.t(
    "Line {0} of {1} is damaged now, and its item counts as not done. A repair mends the file.",
    countText(found.line),
    labelText(basename(job.checkpoint)),
  );
  if ((await vscode.window.showWarningMessage(message, repair)) === repair)
    await vscode.commands.executeCommand(commandIds.repair, job.id);
}
