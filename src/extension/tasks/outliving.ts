import * as vscode from "vscode";
import { labelText } from "../../view/text.js";
import type { Job } from "../job.js";
import { outliveSetting } from "../settings.js";

/** Arguments of `agent-jobs run` for a run that outlives the window; its terminal shows it all the same. */
export const outlivingArgs: readonly string[] = ["--detach", "--attach"];

/** Whether a job's runs go on when the window is closed: as a person said for the job, else by the setting. */
export class Outliving {
  constructor(private readonly answers: vscode.Memento) {}

  /** Undefined where nobody has said, and the setting is to ask. */
  of(job: Job): boolean | undefined {
    const said = this.answers.get<boolean>(keyOf(job));
    if (said !== undefined) return said;
    const setting = outliveSetting(job.jobFile ?? job.checkpoint);
    return setting === "ask" ? undefined : setting === "yes";
  }

  /** As `of`, and asks where nobody has said. Undefined where a person chose nothing: then nothing is to be run. */
  async settle(job: Job): Promise<boolean | undefined> {
    return this.of(job) ?? (await this.ask(job));
  }

  /** Asks, whatever was said before, and remembers the answer for this job. */
  async ask(job: Job): Promise<boolean | undefined> {
    const current = this.of(job);
    const pick = (outlives: boolean, label: string, detail: string) => ({
      ...{ label, detail, outlives },
      ...(current === outlives && { description: vscode.l10n.t("as it is now") }),
    });
    const picks = [
      pick(
        true,
        vscode.l10n.t("Keep Running"),
        vscode.l10n.t("The run goes on without the window, until it ends or is stopped."),
      ),
      pick(
        false,
        vscode.l10n.t("End With the Window"),
        vscode.l10n.t("What is in flight is finished, what is done is kept, and Resume goes on from there."),
      ),
    ];
    // The first one is what Enter takes.
    if (current === false) picks.reverse();
    const answer = await vscode.window.showQuickPick(picks, {
      title: vscode.l10n.t("When the window is closed while {0} runs", labelText(job.name)),
      placeHolder: vscode.l10n.t("Asked once for this job. Its context menu changes it later."),
      ignoreFocusOut: true,
    });
    if (answer) await this.decide(job, answer.outlives);
    return answer?.outlives;
  }

  /** Remembers an answer for this job, so that nobody is asked. */
  async decide(job: Job, outlives: boolean): Promise<void> {
    await this.answers.update(keyOf(job), outlives);
  }
}

const keyOf = (job: Job): string => `outlive:${job.id}`;
