import * as vscode from "vscode";
import { shortText, timeText } from "../view/text.js";
import { documentUri } from "./documentUri.js";
import { innerCommandIds, planScheme } from "./ids.js";
import type { Job } from "./job.js";
import type { JobCatalog } from "./jobCatalog.js";

interface ShownPlan {
  text: string;
  /** What a person can answer to it; empty once they did. */
  answers: readonly string[];
  take: (answer: string | undefined) => void;
}

/** Read-only documents that show what a run would do, as it was when it was asked for, with its question above it. */
export class PlanDocuments implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly plans = new Map<string, ShownPlan>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly lensesChanged = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.lensesChanged.event;
  private readonly parts: vscode.Disposable[];

  constructor(catalog: JobCatalog) {
    const provider: vscode.TextDocumentContentProvider = {
      onDidChange: this.changed.event,
      provideTextDocumentContent: (uri) => this.plans.get(uri.toString())?.text ?? "",
    };
    this.parts = [
      this.changed,
      this.lensesChanged,
      vscode.workspace.registerTextDocumentContentProvider(planScheme, provider),
      vscode.languages.registerCodeLensProvider({ scheme: planScheme }, this),
      // Also of a run that a terminal or a task began.
      catalog.onDidChangeJob((job) => job.holder && this.withdraw(job)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.plans.delete(uri.toString())),
    ];
  }

  /**
   * Shows a plan. Its question stands above it for as long as it is open: a notification hides.
   * @returns what was answered there; undefined where the question was withdrawn
   */
  async show(job: Job, lines: readonly string[], answers: readonly string[]): Promise<PlanAnswer> {
    const uri = uriOf(job);
    const asOf = vscode.l10n.t("As of {0}.", timeText(Date.now()));
    const plan: ShownPlan = { text: `${[...lines, "", asOf].join("\n")}\n`, answers, take: () => {} };
    const answered = new Promise<string | undefined>((take) => {
      plan.take = take;
    });
    this.plans.get(uri.toString())?.take(undefined);
    this.plans.set(uri.toString(), plan);
    this.changed.fire(uri);
    this.lensesChanged.fire();
    await vscode.window.showTextDocument(uri, { preview: true });
    return { answered, withdraw: () => this.end(plan, undefined) };
  }

  /** A person's answer to the plan that a document shows. */
  answer(uri: vscode.Uri, answer: string): void {
    const plan = this.plans.get(uri.toString());
    if (plan?.answers.includes(answer)) this.end(plan, answer);
  }

  /** A run begins: what was asked before it is of another state of the job. */
  withdraw(job: Job): void {
    const plan = this.plans.get(uriOf(job).toString());
    if (plan) this.end(plan, undefined);
  }

  private end(plan: ShownPlan, answer: string | undefined): void {
    plan.answers = [];
    plan.take(answer);
    this.lensesChanged.fire();
  }

  provideCodeLenses({ uri }: vscode.TextDocument): vscode.CodeLens[] {
    const top = new vscode.Range(0, 0, 0, 0);
    return (this.plans.get(uri.toString())?.answers ?? []).map(
      (title) =>
        new vscode.CodeLens(top, { title, command: innerCommandIds.answerPlan, arguments: [uri, title] }),
    );
  }

  dispose(): void {
    vscode.Disposable.from(...this.parts).dispose();
  }
}

export interface PlanAnswer {
  /** Undefined where the question was withdrawn. */
  answered: Promise<string | undefined>;
  withdraw(): void;
}

function uriOf(job: Job): vscode.Uri {
  const title = vscode.l10n.t("plan of {0}", shortText(job.name, 60).replaceAll("/", "∕"));
  return documentUri(planScheme, `/${title}.txt`, JSON.stringify({ job: job.id }));
}
