import * as vscode from "vscode";
import type { Services } from "./commands/services.js";
import { registerEditor } from "./editor/index.js";
import { registerExcludes } from "./excludes/index.js";
import { registerFailures } from "./failures/failuresDocument.js";
import { registerFirstSteps } from "./firstSteps/index.js";
import { registerCheckpointLines } from "./items/checkpointLines.js";
import { registerNotifications } from "./notifications/index.js";
import { registerResults } from "./results/resultsDocument.js";
import { registerStatusBar } from "./statusBar/index.js";

/** The features that have nothing to do before jobs are listed. They are loaded when the editor has begun. */
export function registerLater(
  { catalog, tasks, log, jobsView: { view } }: Services,
  memory: vscode.Memento,
): vscode.Disposable {
  const isLooking = () => view.visible && vscode.window.state.focused;
  return vscode.Disposable.from(
    registerStatusBar(catalog),
    registerNotifications(catalog, tasks.errors, log, isLooking),
    registerFailures(catalog),
    registerResults(catalog),
    registerCheckpointLines(catalog),
    registerExcludes(catalog, memory, log),
    registerEditor(catalog),
    registerFirstSteps(catalog, log),
  );
}
