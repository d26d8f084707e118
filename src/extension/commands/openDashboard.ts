import * as vscode from "vscode";
import type { Handler } from "./services.js";
import { targetOf } from "./target.js";

/** Shows how a job goes and went: its charts and its failures. */
export const openDashboard: Handler = async ({ catalog, dashboards }, argument) => {
  const job = await targetOf(
    catalog,
    argument,
    "openable",
    vscode.l10n.t("Open the dashboard of which job?"),
  );
  if (job) await dashboards.open(job);
};
