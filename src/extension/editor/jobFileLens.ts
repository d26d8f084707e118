import * as vscode from "vscode";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import { Pace } from "../watching/pace.js";

/** What a running job's lenses say is told at most this often; the editor takes a quarter of a second, and more, beside that. */
const updateIntervalMs = 400;

/** Above a job file that is open: what can be done with its job, and how that stands. */
export class JobFileLens implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;
  private readonly pace = new Pace(async () => this.changed.fire(), updateIntervalMs);
  /** Those that were given lenses: they lose them where their job goes. */
  private readonly given = new WeakSet<vscode.TextDocument>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly catalog: JobCatalog) {
    this.subscriptions = [
      catalog.onDidChangeJob((job) => this.updateWhere((document) => this.jobOf(document) === job)),
      catalog.onDidChangeJobs(() =>
        this.updateWhere((document) => this.given.has(document) || this.jobOf(document) !== undefined),
      ),
    ];
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const job = this.jobOf(document);
    if (!job) return [];
    this.given.add(document);
    const { lensesOfJob } = await import("./lensesOfJob.js");
    return lensesOfJob(job, document);
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions, this.pace, this.changed).dispose();
  }

  /** The row of the file's own runs, not one of those that have a label: its id is the job file's path. */
  private jobOf({ uri }: vscode.TextDocument): Job | undefined {
    const job = uri.scheme === "file" ? this.catalog.job(uri.fsPath) : undefined;
    return job?.jobFile === uri.fsPath ? job : undefined;
  }

  /** Nobody needs lenses of what nobody sees. */
  private updateWhere(isConcerned: (document: vscode.TextDocument) => boolean): void {
    if (vscode.window.visibleTextEditors.some(({ document }) => isConcerned(document)))
      void this.pace.request();
  }
}

export function registerJobFileLens(catalog: JobCatalog): vscode.Disposable {
  const lens = new JobFileLens(catalog);
  return vscode.Disposable.from(lens, vscode.languages.registerCodeLensProvider({ scheme: "file" }, lens));
}
