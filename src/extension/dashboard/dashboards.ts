import * as vscode from "vscode";
import { dashboardViewType } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import type { Log } from "../log.js";
import type { DashboardPanel } from "./panel.js";
import { titleOf } from "./title.js";

/** The job whose page a saved state is of; undefined where it does not tell. It comes from the page. */
function jobOfState(state: unknown): string | undefined {
  const { job } = (state ?? {}) as { job?: unknown };
  return typeof job === "string" ? job : undefined;
}

const panelOptions: vscode.WebviewOptions & vscode.WebviewPanelOptions = {
  enableScripts: true,
  enableFindWidget: true,
  localResourceRoots: [],
};

/** All dashboards, one a job. What draws them is loaded with the first. */
export class Dashboards implements vscode.Disposable {
  /** By the job's id. */
  readonly panels = new Map<string, DashboardPanel>();
  private readonly registration: vscode.Disposable;
  /** Frames that nothing fills yet, by the job's id. */
  private readonly frames = new Map<string, vscode.WebviewPanel>();

  constructor(
    private readonly catalog: JobCatalog,
    private readonly log: Log,
  ) {
    this.registration = vscode.window.registerWebviewPanelSerializer(dashboardViewType, {
      deserializeWebviewPanel: (panel, state) => this.restore(panel, state),
    });
  }

  /** Shows a job's dashboard: where it is already, else in a new tab, which VS Code makes while what fills it is loaded. */
  async open(job: Job): Promise<void> {
    const shown = this.panels.get(job.id) ?? [...this.panels.values()].find((one) => one.shows(job));
    const known = shown?.panel ?? this.frames.get(job.id);
    if (known) return known.reveal();
    const [asked, column] = [performance.now(), vscode.ViewColumn.Active];
    const panel = vscode.window.createWebviewPanel(dashboardViewType, titleOf(job), column, panelOptions);
    this.frames.set(job.id, panel);
    const isAwaited = () => this.frames.get(job.id) === panel;
    const closing = panel.onDidDispose(() => isAwaited() && this.frames.delete(job.id));
    try {
      const { DashboardPanel } = await import("./panel.js");
      // It may have been closed meanwhile, and that of an earlier window been restored.
      if (!isAwaited()) return;
      const restored = this.panels.get(job.id);
      if (!restored) return this.keep(new DashboardPanel(panel, job.id, this.catalog, this.log, asked));
      restored.panel.reveal();
      panel.dispose();
    } catch (error) {
      panel.dispose();
      throw error;
    } finally {
      closing.dispose();
      if (isAwaited()) this.frames.delete(job.id);
    }
  }

  /** After a reload of the window. */
  private async restore(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const { DashboardPanel } = await import("./panel.js");
    const id = jobOfState(state);
    if (id === undefined || this.panels.has(id)) return panel.dispose();
    panel.webview.options = panelOptions;
    this.keep(new DashboardPanel(panel, id, this.catalog, this.log));
  }

  private keep(dashboard: DashboardPanel): void {
    this.panels.set(dashboard.jobId, dashboard);
    dashboard.onDidDispose(() => {
      if (this.panels.get(dashboard.jobId) === dashboard) this.panels.delete(dashboard.jobId);
    });
  }

  dispose(): void {
    this.registration.dispose();
    for (const frame of [...this.frames.values()]) frame.dispose();
    for (const { panel } of [...this.panels.values()]) panel.dispose();
  }
}
