import * as vscode from "vscode";

/** A member `budget` of a job's definition, in a job file of any kind. */
const budgetMember = /^[^\S\n]*["']?budget["']?\s*:/m;

/** Opens a job file where it says what may be spent, or at its beginning where that is said elsewhere. */
export async function openBudget(jobFile: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(jobFile));
  const found = budgetMember.exec(document.getText()) ?? /\bbudget\b/.exec(document.getText());
  const line = found ? document.positionAt(found.index + found[0].length - 1).line : 0;
  await vscode.window.showTextDocument(document, { selection: document.lineAt(line).range });
}
