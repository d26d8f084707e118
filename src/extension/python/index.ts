import { delimiter } from "node:path";
import * as vscode from "vscode";

/** The folder of the Python helper, which is all that it holds. */
export const helperFolder = ({ extensionUri }: Pick<vscode.ExtensionContext, "extensionUri">): vscode.Uri =>
  vscode.Uri.joinPath(extensionUri, "dist", "python");

export const helperName = "agent_jobs.py";

/** Lets the scripts of the integrated terminal import the Python helper. Tasks get it from the runtime that they run. */
export function registerPython(context: vscode.ExtensionContext): void {
  const variables = context.environmentVariableCollection;
  variables.description = vscode.l10n.t("Lets Python scripts import `agent_jobs`.");
  // Set whole: an empty entry, which prepending to nothing would leave, means the working directory to Python.
  const before = process.env.PYTHONPATH;
  const folder = helperFolder(context).fsPath;
  variables.replace("PYTHONPATH", before ? `${before}${delimiter}${folder}` : folder);
}
