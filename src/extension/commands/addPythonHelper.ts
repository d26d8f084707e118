import { basename, extname, join } from "node:path";
import * as vscode from "vscode";
import { messageOf } from "../../runtime/errors.js";
import { type LoopChange, loopChange } from "../../view/pythonLoop.js";
import { labelText } from "../../view/text.js";
import { commandIds, extensionId } from "../ids.js";
import { helperFolder, helperName } from "../python/index.js";
import type { Handler } from "./services.js";
import { requireTrust } from "./target.js";

/** Scripts of installed packages are other people's. */
const notTheirs = "**/{node_modules,site-packages,.venv,venv,.tox,__pycache__}/**";
const maxScripts = 500;

/** What can be done for a script, or for a folder where there is none. */
interface Step extends vscode.QuickPickItem {
  act(): Promise<void>;
}

/** Makes the loop of a Python script resumable: the helper beside it, a job file for it, and the change of the loop. */
export const addPythonHelper: Handler = async (services, argument) => {
  requireTrust();
  const picked = (await scriptOf(argument)) ?? (await pickScript());
  if (!picked) return;
  const script = picked === "none" ? undefined : picked;
  const folder = script ? vscode.Uri.joinPath(script.uri, "..") : await pickFolder();
  if (!folder) return;
  const change = script ? loopChange(script.getText(), cursorIn(script)) : null;
  const steps = [
    await helperStep(folder),
    ...(script ? [await jobFileStep(script), loopStep(script, change)] : []),
  ].filter((step) => step !== undefined);
  if (steps.length === 0) return tellHow(vscode.l10n.t("{0} is there already.", helperName));
  const chosen = script ? await pickSteps(script, steps) : steps;
  if (!chosen || chosen.length === 0) return;
  for (const step of chosen) await step.act();
  await services.catalog.refresh();
  await tellDone(script, chosen, change);
};

/** The script that was chosen in the explorer, else the one in the active editor. */
async function scriptOf(argument: unknown): Promise<vscode.TextDocument | undefined> {
  const uri = argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
  if (uri?.scheme !== "file" || extname(uri.fsPath) !== ".py" || basename(uri.fsPath) === helperName)
    return undefined;
  return vscode.workspace.openTextDocument(uri);
}

/** Of the scripts in the open folders, where none is open; "none" where there is none, or only the helper is wanted. */
async function pickScript(): Promise<vscode.TextDocument | "none" | undefined> {
  const found = await vscode.workspace.findFiles("**/*.py", notTheirs, maxScripts);
  const scripts = found.filter(({ fsPath }) => basename(fsPath) !== helperName);
  if (scripts.length === 0) return "none";
  const paths = new Map(scripts.map((uri) => [vscode.workspace.asRelativePath(uri), uri]));
  const picks: (vscode.QuickPickItem & { uri?: vscode.Uri })[] = [
    ...[...paths]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([label, uri]) => ({ label: labelText(label), uri })),
    { label: "", kind: vscode.QuickPickItemKind.Separator },
    { label: vscode.l10n.t("Only Copy {0}", helperName) },
  ];
  const picked = await vscode.window.showQuickPick(picks, {
    title: vscode.l10n.t("Add Python Helper"),
    placeHolder: vscode.l10n.t("The loop of which script is to be resumable?"),
  });
  if (!picked) return undefined;
  return picked.uri ? vscode.workspace.openTextDocument(picked.uri) : "none";
}

const cursorIn = (script: vscode.TextDocument): number => {
  const editor = vscode.window.visibleTextEditors.find(({ document }) => document === script);
  return editor?.selection.active.line ?? 0;
};

async function pickFolder(): Promise<vscode.Uri | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length > 1) return (await vscode.window.showWorkspaceFolderPick())?.uri;
  if (folders[0]) return folders[0].uri;
  throw new Error(vscode.l10n.t("Open a folder, or a Python script, and try again."));
}

async function textAt(uri: vscode.Uri): Promise<string | undefined> {
  try {
    return Buffer.from(await vscode.workspace.fs.readFile(uri)).toString("utf8");
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === "FileNotFound") return undefined;
    throw error;
  }
}

const versionIn = (text: string): string => /^__version__ = "(.+)"$/m.exec(text)?.[1] ?? "?";

async function helperStep(folder: vscode.Uri): Promise<Step | undefined> {
  const { extensionUri } = vscode.extensions.getExtension(extensionId)!;
  const text = (await textAt(vscode.Uri.joinPath(helperFolder({ extensionUri }), helperName)))!;
  const target = vscode.Uri.joinPath(folder, helperName);
  const before = await textAt(target);
  if (before === text) return undefined;
  return {
    label:
      before === undefined
        ? vscode.l10n.t("Copy {0} here", helperName)
        : vscode.l10n.t(
            "Replace {0}, version {1}, by version {2}",
            helperName,
            versionIn(before),
            versionIn(text),
          ),
    detail: vscode.l10n.t("One file without dependencies: the script runs outside of VS Code, too."),
    picked: before === undefined,
    act: async () => {
      await vscode.workspace.fs.writeFile(target, Buffer.from(text));
    },
  };
}

async function jobFileStep(script: vscode.TextDocument): Promise<Step | undefined> {
  const file = basename(script.uri.fsPath);
  const name = basename(file, ".py");
  const target = vscode.Uri.file(join(script.uri.fsPath, "..", `${name}.job.json`));
  if ((await textAt(target)) !== undefined) return undefined;
  const job = { command: ["${python}", file], checkpoint: `checkpoints/${name}.jsonl` };
  return {
    label: vscode.l10n.t("Create {0}", basename(target.fsPath)),
    detail: vscode.l10n.t("The script can be run, stopped and resumed in the view of the jobs."),
    picked: true,
    act: async () => {
      await vscode.workspace.fs.writeFile(target, Buffer.from(`${JSON.stringify(job, null, 2)}\n`));
    },
  };
}

function loopStep(script: vscode.TextDocument, change: LoopChange | null): Step | undefined {
  if (!change) return undefined;
  return {
    label: vscode.l10n.t("Change the loop on line {0}", change.line + 1),
    description: change.loop,
    detail: vscode.l10n.t("Three lines at most, which you see before they are saved."),
    picked: true,
    act: async () => {
      const edit = new vscode.WorkspaceEdit();
      for (const { line, from, to, text } of change.changes)
        edit.replace(script.uri, new vscode.Range(line, from, line, to), text);
      const line = change.line + 1;
      const editor = await vscode.window.showTextDocument(script, { preview: false });
      await vscode.workspace.applyEdit(edit);
      editor.revealRange(
        new vscode.Range(line, 0, line, 0),
        vscode.TextEditorRevealType.InCenterIfOutsideViewport,
      );
    },
  };
}

async function pickSteps(
  script: vscode.TextDocument,
  steps: readonly Step[],
): Promise<readonly Step[] | undefined> {
  return vscode.window.showQuickPick(steps, {
    canPickMany: true,
    title: vscode.l10n.t("Make {0} Resumable", basename(script.uri.fsPath)),
    placeHolder: vscode.l10n.t("A killed run then goes on after the last item that was done."),
    ignoreFocusOut: true,
  });
}

async function tellDone(
  script: vscode.TextDocument | undefined,
  chosen: readonly Step[],
  change: LoopChange | null,
): Promise<void> {
  const changes = change && chosen.some(({ description }) => description === change.loop);
  if (!script) return tellHow(vscode.l10n.t("{0} is in place. {1}", helperName, twoLines()));
  const name = basename(script.uri.fsPath);
  if (!changes) return tellHow(vscode.l10n.t("{0} can import {1}. {2}", name, "agent_jobs", twoLines()));
  await tellHow(
    vscode.l10n.t(
      "Look at what changed in {0}, and save it: its loop then gives only what is not done.",
      name,
    ),
  );
}

const twoLines = (): string =>
  vscode.l10n.t(
    "A loop is resumable as {0} with {1} at its end.",
    "for item in agent_jobs.resume(items):",
    "item.done(result)",
  );

/** Says something, with the way to read more. */
async function tellHow(message: string): Promise<void> {
  const how = vscode.l10n.t("Show Examples");
  if ((await vscode.window.showInformationMessage(message, how)) !== how) return;
  const { extensionUri } = vscode.extensions.getExtension(extensionId)!;
  const page = vscode.Uri.joinPath(extensionUri, "examples", "ADOPTING.md");
  try {
    await vscode.commands.executeCommand("markdown.showPreview", page);
  } catch (error) {
    throw new Error(vscode.l10n.t("{0} cannot be shown: {1}", commandIds.addPythonHelper, messageOf(error)));
  }
}
