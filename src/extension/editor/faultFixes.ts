import * as vscode from "vscode";
import { foreignParts, readableIds } from "../../runtime/format/foreignParts.js";
import type { FaultReason } from "../../runtime/format/parseLine.js";
import { salvage } from "../../runtime/format/salvage.js";
import { namesText } from "../../view/repairText.js";
import { plural } from "../../view/text.js";
import { commandIds, innerCommandIds } from "../ids.js";
import type { Job } from "../job.js";
import { tornTailCode } from "./diagnostics.js";

const maxNamed = 2;

/**
 * The repairs that an open checkpoint's faults can have: of each of their lines, the likely one first, and of the whole file.
 * @param ours at least one, all of the document
 */
export function faultFixes(
  job: Job,
  document: vscode.TextDocument,
  ours: readonly vscode.Diagnostic[],
): vscode.CodeAction[] {
  const lines = ours.flatMap((diagnostic) => lineFixes(job, document, diagnostic, ours.length > 1));
  const whole = fix(vscode.l10n.t("Repair the file…"), ours, commandIds.repair, [document.uri]);
  return [...lines, whole];
}

function lineFixes(
  job: Job,
  document: vscode.TextDocument,
  diagnostic: vscode.Diagnostic,
  isNumbered: boolean,
): vscode.CodeAction[] {
  const line = diagnostic.range.start.line + 1;
  const title = isNumbered
    ? vscode.l10n.t("Repair line {0}", line)
    : diagnostic.code === tornTailCode
      ? vscode.l10n.t("Repair this line (adds its newline)")
      : vscode.l10n.t("Repair this line");
  const effect =
    diagnostic.code === tornTailCode ? undefined : effectText(job, document.lineAt(line - 1).text);
  const told = effect === undefined ? title : vscode.l10n.t("{0} ({1})", title, effect);
  const fixes = [fix(told, [diagnostic], innerCommandIds.repairLine, [document.uri, line])];
  fixes[0]!.isPreferred = true;
  // Records without a checksum are kept where a person says so, who has them before their eyes here.
  const merged: FaultReason = "merged";
  const offered = diagnostic.code === merged ? foreignParts(Buffer.from(document.lineAt(line - 1).text)) : [];
  if (offered.length > 0)
    fixes.push(
      fix(
        vscode.l10n.t("{0}, keeping {1} in it", title, plural(offered.length, "whole record")),
        [diagnostic],
        innerCommandIds.repairLine,
        [document.uri, line, true],
      ),
    );
  return fixes;
}

/** What becomes of a damaged line, and of the item that it reads as. */
function effectText(job: Job, text: string): string {
  const bytes = Buffer.from(text);
  const saved = salvage(bytes).length;
  if (saved > 0) return vscode.l10n.t("saves {0} of it", plural(saved, "whole record"));
  const again = readableIds(bytes).filter((item) => !job.view?.state.done.has(item));
  return again.length === 0
    ? vscode.l10n.t("drops it")
    : vscode.l10n.t("drops it; to be done again: {0}", namesText(again, maxNamed));
}

function fix(
  title: string,
  diagnostics: readonly vscode.Diagnostic[],
  command: string,
  args: unknown[],
): vscode.CodeAction {
  const made = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  made.command = { command, title, arguments: args };
  made.diagnostics = [...diagnostics];
  return made;
}
