import * as vscode from "vscode";
import { jobDetails } from "../../view/jobRow.js";
import { statusBar } from "../../view/statusBar.js";
import { jobsViewId, settingIds, settingsSection } from "../ids.js";
import type { JobCatalog } from "../jobCatalog.js";
import { showsStatusBar } from "../settings.js";
import { plainTooltip } from "../tree/nodes/node.js";

const tickMs = 1_000;
/** While the same jobs run it is drawn with every tick, and not with each change of each of them: VS Code parses the tooltip whenever the text changes. */
const goodForMs = 900;

/** The one item in the status bar: what runs, how far it is, and how long it takes. Hidden while nothing runs. */
export function registerStatusBar(catalog: JobCatalog): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("agentJobs.running", vscode.StatusBarAlignment.Left, 10);
  item.name = vscode.l10n.t("Running Agent Jobs");
  item.command = `${jobsViewId}.focus`;
  let ticking: NodeJS.Timeout | undefined;
  let drawn = { ids: "", atMs: Number.NEGATIVE_INFINITY };
  const draw = () => {
    const running = catalog.jobs.filter((job) => job.holder !== null);
    const ids = running.map(({ id }) => id).join("\n");
    if (ids === drawn.ids && performance.now() - drawn.atMs < goodForMs) return;
    drawn = { ids, atMs: performance.now() };
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
    ticking ??= setInterval(draw, tickMs);
  };
  const parts = [
    item,
    catalog.onDidChangeAny(draw),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration(`${settingsSection}.${settingIds.statusBar}`)) return;
      drawn.atMs = Number.NEGATIVE_INFINITY;
      draw();
    }),
  ];
  return new vscode.Disposable(() => {
    clearInterval(ticking);
    vscode.Disposable.from(...parts).dispose();
  });
}
