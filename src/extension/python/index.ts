import * as vscode from "vscode";

/** The folder of the Python helper, which is all that it holds. */
export const helperFolder = ({ extensionUri }: Pick<vscode.ExtensionContext, "extensionUri">): vscode.Uri =>
  vscode.Uri.joinPath(extensionUri, "dist", "python");

export const helperName = "agent_jobs.py";
