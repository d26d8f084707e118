import * as vscode from "vscode";

/** What is used here of the Python extension's public API (`@vscode/python-extension`). */
interface PythonApi {
  environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(path: { path: string }): Promise<{ executable?: { uri?: vscode.Uri } } | undefined>;
  };
}

/**
 * The interpreter that the person chose in the Python extension, else in the setting that it left behind; undefined
 * where nobody chose one. Starts nothing: an extension that is not active has not been asked yet.
 */
export async function chosenPython(resource: vscode.Uri): Promise<string | undefined> {
  const extension = vscode.extensions.getExtension<PythonApi>("ms-python.python");
  const environments = extension?.isActive ? extension.exports?.environments : undefined;
  if (environments) {
    const active = environments.getActiveEnvironmentPath(resource);
    const resolved = await environments.resolveEnvironment(active).catch(() => undefined);
    const path = resolved?.executable?.uri?.fsPath;
    if (path) return path;
  }
  const set = vscode.workspace.getConfiguration("python", resource).inspect<string>("defaultInterpreterPath");
  const path = set?.workspaceFolderValue ?? set?.workspaceValue ?? set?.globalValue;
  // Another extension's variables are its own to resolve.
  return path && !path.includes("${") && /[\\/]/.test(path) ? path : undefined;
}
