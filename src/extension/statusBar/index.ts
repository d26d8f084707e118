import * as vscode from "vscode";
import { jobDetails } from "../../view/jobRow.js";
import { statusBar } from "../../view/statusBar.js";
import { jobsViewId, settingIds, settingsSection } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import { showsStatusBar } from "../settings.js";
import { plainTooltip } from "../tree/nodes/node.js";
import { Pace } from "../watching/pace.js";

const tickMs = 1_000;
/**
 * While the same jobs run it is drawn at most this often, and not with each change of each of them: VS Code parses the tooltip
 * whenever anything changes.
 */
const drawIntervalMs = 900;

/** The one item in the status bar: what runs, how far it is, and how long it takes. Hidden while nothing runs. */
export function registerStatusBar(catalog: JobCatalog): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("agentJobs.running", vscode.StatusBarAlignment.Left, 10);
  item.name = vscode.l10n.t("Running Agent Jobs");
  item.command = `${jobsViewId}.focus`;
  let ticking: NodeJS.Timeout | undefined;
  let drawnIds = "";
  const runningNow = () => catalog.jobs.filter((job) => job.holder !== null);
  const idsOf = (running: readonly Job[]) => running.map(({ id }) => id).join("\n");
  const draw = () => {
    const running = runningNow();
    drawnIds = idsOf(running);
    const shown = showsStatusBar() && statusBar(running.flatMap((job) => job.view ?? []));
    if (!shown) {
      clearInterval(ticking);
      ticking = undefined;
      return item.hide();
    }
    const sign = shown.paused ? "$(debug-pause)" : "$(sync~spin)";
    item.text = `${shown.tone === "warning" ? "$(warning)" : sign} ${shown.text}`;
    item.backgroundColor =
      shown.tone === "warning" ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    item.accessibilityInformation = { label: shown.accessibleLabel };
    item.tooltip = plainTooltip(running.flatMap((job) => jobDetails(job.name, job.view)));
    item.show();
    ticking ??= setInterval(() => void pace.request(), tickMs);
  };
  const pace = new Pace(async () => draw(), drawIntervalMs);
  const parts = [
    item,
    pace,
    // A run that begins or ends is not waited for.
    catalog.onDidChangeAny(() => (idsOf(runningNow()) === drawnIds ? void pace.request() : draw())),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`${settingsSection}.${settingIds.statusBar}`)) draw();
    }),
  ];
  return new vscode.Disposable(() => {
    clearInterval(ticking);
    vscode.Disposable.from(...parts).dispose();
  });
}
