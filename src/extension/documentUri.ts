import * as vscode from "vscode";

/**
 * The address of a read-only document of ours. Not by `Uri.from`: what Theia makes there is none of its own addresses, and
 * its `showTextDocument` takes it for a document.
 */
export const documentUri = (scheme: string, path: string, query: string): vscode.Uri =>
  vscode.Uri.parse(`${scheme}:/`, true).with({ path, query });
