import * as vscode from "vscode";
import { lookOf, lookText, progressText } from "../../view/jobRow.js";
import { countText } from "../../view/text.js";
import type { PageAction } from "../dashboard/protocol.js";
import { commandIds } from "../ids.js";
import type { Job } from "../job.js";
import { actionsOf, commandOfAction } from "../jobActions.js";
import { lensTitle } from "../lensTitle.js";

/** As the commands have them in package.json. */
const icons: Record<PageAction, string> = {
  repair: "tools",
  resume: "debug-continue",
  run: "play",
  retry: "debug-restart",
  stop: "debug-stop",
};

const titleOf = (icon: string, text: string): string => lensTitle(`$(${icon}) ${text}`);

/** What can be done with a job, and how it stands. The latter comes first where there is nothing that is to be done. */
export function lensesOfJob(job: Job, document: vscode.TextDocument): vscode.CodeLens[] {
  const range = placeOf(document);
  const actions = actionsOf(job);
  const lenses = actions.map(
    ({ action, label }) =>
      new vscode.CodeLens(range, {
        title: titleOf(icons[action], label),
        command: commandOfAction[action],
        arguments: [job.id],
      }),
  );
  const standing = standingText(job);
  if (standing === undefined) return lenses;
  const dashboard = new vscode.CodeLens(range, {
    title: titleOf("graph", standing),
    tooltip: vscode.l10n.t("Open Dashboard"),
    command: commandIds.openDashboard,
    arguments: [job.id],
  });
  return actions.some(({ isMain }) => isMain) ? [...lenses, dashboard] : [dashboard, ...lenses];
}

/** `55/60 · 5 failed`; undefined of a job that never ran. */
function standingText({ starting, view }: Job): string | undefined {
  const look = lookOf(view);
  // With neither actions nor this the text below would move up and down again.
  if (starting) return vscode.l10n.t("starting…");
  if (!view || look === "new") return undefined;
  if (look === "unreadable") return lookText(look);
  const { failed } = view.status;
  return [progressText(view), ...(failed > 0 ? [vscode.l10n.t("{0} failed", countText(failed))] : [])].join(
    " · ",
  );
}

/** The line of `export default`; the first one where there is none, as in JSON. */
function placeOf(document: vscode.TextDocument): vscode.Range {
  const found = /^[ \t]*export[ \t]+default\b/m.exec(document.getText());
  const start = document.positionAt(found?.index ?? 0);
  return new vscode.Range(start, start);
}
