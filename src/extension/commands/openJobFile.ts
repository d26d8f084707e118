import * as vscode from "vscode";
import type { Handler } from "./services.js";
import { jobOf } from "./target.js";

/** Opens the file that says what a job does. */
export const openJobFile: Handler = async ({ catalog }, argument) => {
  const jobFile = jobOf(catalog, argument)?.jobFile;
  if (jobFile) await vscode.window.showTextDocument(vscode.Uri.file(jobFile), { preview: true });
};
