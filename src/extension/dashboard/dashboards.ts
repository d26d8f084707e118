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

  /** Shows a job's dashboard, beside the others where it is there already. */
  async open(job: Job): Promise<void> {
    const known = this.panels.get(job.id);
    if (known) return known.panel.reveal();
    const { panelOptions, titleOf } = await import("./panel.js");
    const column = vscode.window.activeTextEditor?.viewColumn ?? vscode.ViewColumn.Active;
    const panel = vscode.window.createWebviewPanel(dashboardViewType, titleOf(job), column, panelOptions);
    await this.keep(panel, job.id);
  }

  /** After a reload of the window. */
  private async restore(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const id = jobOfState(state);
    if (id === undefined || this.panels.has(id)) return panel.dispose();
    await this.keep(panel, id);
  }

  private async keep(panel: vscode.WebviewPanel, id: string): Promise<void> {
    const { DashboardPanel } = await import("./panel.js");
    const dashboard = new DashboardPanel(panel, id, this.catalog, this.log);
    this.panels.set(id, dashboard);
    dashboard.onDidDispose(() => this.panels.delete(id));
  }

  dispose(): void {
    this.registration.dispose();
    for (const { panel } of [...this.panels.values()]) panel.dispose();
  }
}
