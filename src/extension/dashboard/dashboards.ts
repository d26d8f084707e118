import * as vscode from "vscode";
import { dashboardViewType } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import type { Log } from "../log.js";
import type { DashboardPanel } from "./panel.js";

/** The job whose page a saved state is of; undefined where it does not tell. It comes from the page. */
function jobOfState(state: unknown): string | undefined {
  const { job } = (state ?? {}) as { job?: unknown };
  return typeof job === "string" ? job : undefined;
}

/** All dashboards, one a job. What draws them is loaded with the first. */
export class Dashboards implements vscode.Disposable {
  /** By the job's id. */
  readonly panels = new Map<string, DashboardPanel>();
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
    const { DashboardPanel, panelOptions, titleOf } = await import("./panel.js");
    const known = this.panels.get(job.id);
    if (known) return known.panel.reveal();
    const column = vscode.ViewColumn.Active;
    const panel = vscode.window.createWebviewPanel(dashboardViewType, titleOf(job), column, panelOptions);
    this.keep(new DashboardPanel(panel, job.id, this.catalog, this.log));
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
