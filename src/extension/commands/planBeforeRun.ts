import * as vscode from "vscode";
import type { JobPlan } from "../../runtime/state/jobPlan.js";
import { hasSpent } from "../../runtime/state/jobState.js";
import { changeLines } from "../../view/changeText.js";
import { clearedDetails } from "../../view/clearedText.js";
import {
  doubtSummary,
  planCosts,
  planDocument,
  planHasChanged,
  planSummary,
  redoSummary,
  retrySummary,
} from "../../view/planText.js";
import { programTexts } from "../../view/proposalText.js";
import { counted, labelText, plural } from "../../view/text.js";
import { commandIds } from "../ids.js";
import type { Job } from "../job.js";
import { unawaited } from "../log.js";
import { type PlanSetting, planSetting } from "../settings.js";
import { tellJobFileError } from "../tasks/jobFileError.js";
import { errorText } from "../tasks/taskErrors.js";
import { sayInPassing, sayNotStarted } from "./passing.js";
import type { Services } from "./services.js";

/**
 * Says what a run would do and cost, and asks, where a job was run before.
 * @param given arguments of the run
 * @param retried how many failed items are to be tried again, where nothing else is to be done
 * @param setting when it asks; by default the person's choice
 * @returns further arguments of the run; undefined where it is not to start, which was said. Where a retry is answered by
 *   `--changed redo`, it is to be a run: nothing failed is left then.
 */
export async function askOverPlan(
  services: Services,
  job: Job,
  given: readonly string[],
  retried?: number,
  setting: PlanSetting = planSetting(job.jobFile ?? job.checkpoint),
): Promise<string[] | undefined> {
  const { done, failed, inDoubt } = job.view?.status ?? { done: 0, failed: 0, inDoubt: 0 };
  const isTouched = done + failed + inDoubt > 0 || job.cleared !== null;
  if (setting === "never" || (setting !== "always" && !isTouched)) return [];
  const outcome = await planned(services, job, given);
  if (outcome && "kind" in outcome) {
    if (setting !== "always" && inDoubt === 0 && !hasCost(job)) return [];
    if (await agreesToProgram(job)) return [];
  }
  if (outcome && "plan" in outcome) {
    const { plan } = outcome;
    if (isAllDone(job, plan)) return sayAllDone(services, job, plan);
    if (setting !== "always" && !planCosts(plan) && !hasCost(job)) return [];
    const args = await ask(services, job, plan, retried);
    if (args) return args;
  }
  if (outcome && "error" in outcome) await sayNoPlan(services, job, outcome.error);
  sayNotStarted(services, job);
  return undefined;
}

/** Whether what it did before, also what was cleared since, cost tokens or money, or may have. */
const hasCost = ({ view, cleared }: Job): boolean =>
  view ? hasSpent(view.state.usage) : cleared !== null && cleared.paid !== false;

/** Asks over a job that a program does by itself: what it will do is known to it alone. */
async function agreesToProgram(job: Job): Promise<boolean> {
  const { done, failed, inDoubt } = job.view?.status ?? { done: 0, failed: 0, inDoubt: 0 };
  const { goOn, question } = wordsFor({ done, failed, inDoubt }, labelText(job.name), undefined);
  const detail = [...programTexts(), ...clearedLines(job)].join("\n\n");
  return (await vscode.window.showInformationMessage(question, { modal: true, detail }, goOn)) === goOn;
}

/** What a run would do again although it was done, and paid for, before. */
const clearedLines = ({ cleared }: Job): string[] => (cleared ? [clearedDetails(cleared).join(" ")] : []);

/** Only of a job that is finished: others learn from a run that there is no more in their input than they have done. */
const isAllDone = ({ view }: Job, plan: JobPlan): boolean =>
  view?.status.progress === "finished" && plan.toRun === 0 && !planHasChanged(plan);

function sayAllDone({ log }: Services, job: Job, { done }: JobPlan): undefined {
  const clear = vscode.l10n.t("Clear…");
  const message = counted(
    done,
    "Nothing to do: the {0} item of {1} is done. To do it again, clear the job.",
    "Nothing to do: all {0} items of {1} are done. To do them again, clear the job.",
    labelText(job.name),
  );
  const asked = vscode.window.showInformationMessage(message, clear).then((answer) => {
    if (answer === clear) return vscode.commands.executeCommand(commandIds.clear, job.id);
  });
  // What waits for the run is not to wait for an answer that may never come.
  unawaited(log, "message", asked);
}

async function sayNoPlan({ log }: Services, job: Job, error: string): Promise<void> {
  const message = vscode.l10n.t("{0} cannot be run: {1}", labelText(job.name), errorText(error));
  // It ran in no terminal: its whole output is in the log.
  log.error(`${job.name}: no plan: ${error}`);
  await tellJobFileError(message, error, job.jobFile, () => log.show());
}

/** Undefined where the person would not wait for it. */
async function planned({ tasks }: Services, job: Job, given: readonly string[]) {
  const title = vscode.l10n.t("Looking what a run of {0} would do…", labelText(job.name));
  const options = { location: vscode.ProgressLocation.Window, title };
  return vscode.window.withProgress(options, async (_, token) => {
    const abortion = new AbortController();
    token.onCancellationRequested(() => abortion.abort());
    const outcome = await tasks.planOf(job, given, abortion.signal);
    return abortion.signal.aborted ? undefined : outcome;
  });
}

/** The latest question of each job: an answer to an earlier one, which waited behind the bell, is of another state of things. */
const latest = new WeakMap<Job, object>();

async function ask(
  services: Services,
  job: Job,
  plan: JobPlan,
  retried: number | undefined,
): Promise<string[] | undefined> {
  const hasChanged = planHasChanged(plan);
  const name = labelText(job.name);
  const words = wordsFor(plan, name, retried);
  const go = hasChanged ? vscode.l10n.t("Keep Results") : words.goOn;
  const redo = retried === undefined ? vscode.l10n.t("Redo") : vscode.l10n.t("Redo All");
  const skip = vscode.l10n.t("Skip Doubtful");
  const details = vscode.l10n.t("Details");
  const offersSkip = !hasChanged && plan.inDoubt > 0 && retried === undefined;
  const answers = [go, ...(hasChanged ? [redo] : []), ...(offersSkip ? [skip] : [])];
  const buttons = [...answers, details];
  const summary = labelText(retried === undefined ? planSummary(plan) : retrySummary(plan, retried));
  const told = `${summary} ${labelText(redoSummary(plan))}`.trim();
  const changes = changeLines(plan.changed).map(labelText).join(" ");
  const question = hasChanged
    ? vscode.l10n.t("{0} has changed since its results were made. Keep the results, or redo them?", name)
    : words.question;
  const lines = hasChanged
    ? [changes, told]
    : [summary, ...(offersSkip ? [doubtSummary(plan, go, skip)] : []), ...clearedLines(job)];
  const show = hasChanged ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  const turn = {};
  latest.set(job, turn);
  const detail = lines.filter(Boolean).join("\n\n");
  let answer: string | undefined = await show(question, { modal: true, detail }, ...buttons);
  if (answer === details) {
    // A dialog would be in the way of the plan's document: the question is told beside it, and stands in it as well.
    const { answered, withdraw } = await services.plans.show(job, planDocument(plan), answers);
    const beside = Promise.resolve(show([question, ...lines].join(" ").trim(), ...answers));
    const above = answered.then((told) => ({ told }));
    const first = await Promise.race([beside, above]);
    withdraw();
    if (typeof first === "object") {
      answer = first.told;
      // The message stays behind the bell.
      void beside.then((late) => late !== undefined && saySettled(services, job));
    } else answer = first;
  }
  if (latest.get(job) !== turn) return undefined;
  if (answer === go) return hasChanged ? ["--changed", "keep"] : [];
  if (answer === redo) return ["--changed", "redo"];
  return answer === skip ? ["--in-doubt", "skip"] : undefined;
}

function saySettled(services: Services, job: Job): void {
  sayInPassing(services, job, vscode.l10n.t("That was decided before: nothing was done now."));
}

/** What the run is called: of a job that was never run, nothing can be resumed. */
function wordsFor(
  plan: Pick<JobPlan, "done" | "failed" | "inDoubt">,
  name: string,
  retried: number | undefined,
) {
  if (retried !== undefined) {
    const question = vscode.l10n.t("Retry {0} of {1}?", plural(retried, "failed item"), name);
    return { goOn: vscode.l10n.t("Retry"), question };
  }
  if (plan.done + plan.failed + plan.inDoubt === 0)
    return { goOn: vscode.l10n.t("Run"), question: vscode.l10n.t("Run {0}?", name) };
  return { goOn: vscode.l10n.t("Resume"), question: vscode.l10n.t("Resume {0}?", name) };
}
