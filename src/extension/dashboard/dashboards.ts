import * as vscode from "vscode";
import { dashboardViewType } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import type { Log } from "../log.js";
import type { DashboardPanel } from "./panel.js";

const panelOptions: vscode.WebviewOptions & vscode.WebviewPanelOptions = {
  enableScripts: true,
  enableFindWidget: true,
};

/** The job whose page a saved state is of; undefined where it does not tell. It comes from the page. */
function jobOfState(state: unknown): string | undefined {
  const { job } = (state ?? {}) as { job?: unknown };
  return typeof job === "string" ? job : undefined;
}

/** All dashboards, one a job. What draws them is loaded with the first. */
export class Dashboards implements vscode.Disposable {
  /** By the job's id. */
  readonly panels = new Map<string, DashboardPanel>();
  /** Ids of jobs whose page is being made. */
  private readonly opening = new Set<string>();
  private readonly registration: vscode.Disposable;

  constructor(
    private readonly catalog: JobCatalog,
    private readonly log: Log,
  ) {
    this.registration = vscode.window.registerWebviewPanelSerializer(dashboardViewType, {
      deserializeWebviewPanel: (panel, state) => this.restore(panel, state),
    });
  }

  /** Shows a job's dashboard: where it is already, else in a new tab. */
  async open(job: Job): Promise<void> {
    const known = this.panels.get(job.id);
    if (known) return known.panel.reveal();
    if (this.opening.has(job.id)) return;
    this.opening.add(job.id);
    // The editor makes the page's frame while what fills it is loaded.
    const title = vscode.l10n.t("Dashboard");
    const column = vscode.ViewColumn.Active;
    const panel = vscode.window.createWebviewPanel(dashboardViewType, title, column, panelOptions);
    try {
      const { DashboardPanel, titleOf } = await import("./panel.js");
      panel.title = titleOf(job);
      this.keep(new DashboardPanel(panel, job.id, this.catalog, this.log));
    } catch (error) {
      panel.dispose();
      throw error;
    } finally {
      this.opening.delete(job.id);
    }
  }

  /** After a reload of the window. */
  private async restore(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const { DashboardPanel } = await import("./panel.js");
    const id = jobOfState(state);
    if (id === undefined || this.panels.has(id)) panel.dispose();
    else this.keep(new DashboardPanel(panel, id, this.catalog, this.log));
  }

  private keep(dashboard: DashboardPanel): void {
    this.panels.set(dashboard.jobId, dashboard);
    dashboard.onDidDispose(() => this.panels.delete(dashboard.jobId));
  }

  dispose(): void {
    this.registration.dispose();
    for (const { panel } of [...this.panels.values()]) panel.dispose();
  }
}
