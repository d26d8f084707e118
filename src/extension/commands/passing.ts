import * as vscode from "vscode";
import { labelText } from "../../view/text.js";
import type { Job } from "../job.js";
import type { Services } from "./services.js";

const shownMs = 6_000;

/** Says in the status bar and the log what became of something that needs no answer and no toast. */
export function sayInPassing({ log }: Services, job: Job, text: string): vscode.Disposable {
  log.info(`${job.name}: ${text}`);
  return vscode.window.setStatusBarMessage(`${labelText(job.name)}: ${text}`, shownMs);
}

/** Says what a run does, which is no longer so once it has ended. */
export function sayOfRun(services: Services, job: Job, text: string): void {
  const said = sayInPassing(services, job, text);
  const ending = services.catalog.onDidEndRun((ended) => {
    if (ended.job !== job) return;
    said.dispose();
    ending.dispose();
  });
  setTimeout(() => ending.dispose(), shownMs);
}

/** A person left a question about a run unanswered; it may run for all that, as somebody answered elsewhere. */
export function sayNotStarted(services: Services, job: Job): void {
  if (job.starting || job.holder) return;
  sayInPassing(services, job, vscode.l10n.t("Not started."));
}
