import { stat } from "node:fs/promises";
import { basename, relative, sep } from "node:path";
import * as vscode from "vscode";
import { messageOf } from "../../runtime/errors.js";
import { resolveItems } from "../../runtime/runner/items.js";
import type { InputChoice, Language } from "../../view/newJob/choice.js";
import { shapeOf } from "../../view/newJob/itemShape.js";
import { bytesText, labelText } from "../../view/text.js";
import { askStep, type Back, back } from "./askStep.js";

/** The second answer, and what a job over such items is well called. */
export interface PickedInput {
  choice: InputChoice;
  name: string;
}

interface Place {
  folder: vscode.WorkspaceFolder;
  /** The folder of the job file. */
  at: string;
  language: Language;
  /** The question's title. */
  step: string;
}

const maxListed = 30;
/** All rows are read, so that it is certain what tells them apart. */
const maxReadBytes = 50_000_000;
const unnamed = "batch";

/** Asks where the items come from: files of the folder are offered by name. Undefined where the person gave up. */
export async function pickInput(place: Place): Promise<PickedInput | Back | undefined> {
  const picks = [
    {
      label: vscode.l10n.t("$(new-file) A New File of Items"),
      detail: vscode.l10n.t("Written beside the job, with three items to begin with: a line is an item."),
      take: async () => ({ choice: { kind: "sample" as const }, name: unnamed }),
    },
    {
      label: vscode.l10n.t("$(list-unordered) A List in the Job File"),
      detail: vscode.l10n.t("For a few items: written in the code itself, three to begin with."),
      take: async () => ({ choice: { kind: "list" as const }, name: unnamed }),
    },
    {
      label: vscode.l10n.t("$(symbol-function) A Function"),
      detail: vscode.l10n.t("Gives one item after another: rows of a database, pages of a service."),
      take: async () => ({ choice: { kind: "function" as const }, name: unnamed }),
    },
    {
      label: vscode.l10n.t("$(folder-opened) Choose a File…"),
      detail: vscode.l10n.t("JSON Lines or CSV: a row is an item."),
      take: () => chosenFile(place),
    },
  ];
  const files = (await dataFiles(place.folder)).map((uri) => ({
    label: `$(file) ${labelText(relative(place.folder.uri.fsPath, uri.fsPath).split(sep).join("/"))}`,
    take: () => fileInput(place, uri.fsPath),
  }));
  const separator = (label: string) => ({
    label,
    kind: vscode.QuickPickItemKind.Separator,
    take: async () => undefined,
  });
  const all: (vscode.QuickPickItem & { take(): Promise<PickedInput | undefined> })[] = [
    ...(files.length > 0 ? [separator(vscode.l10n.t("Files of this folder")), ...files] : []),
    ...(files.length > 0 ? [separator(vscode.l10n.t("Others"))] : []),
    ...picks,
  ];
  const step = {
    ...{ title: place.step, hasBack: true, matchOnDetail: true },
    placeHolder: vscode.l10n.t("Where do the items come from?"),
  };
  for (;;) {
    const picked = await askStep(all, step);
    if (picked === undefined || picked === back) return picked;
    const input = await picked.take();
    // Who chose no file after all is asked again.
    if (input) return input;
  }
}

async function dataFiles(folder: vscode.WorkspaceFolder): Promise<vscode.Uri[]> {
  const found = await vscode.workspace.findFiles(
    new vscode.RelativePattern(folder, "**/*.{jsonl,csv}"),
    "{**/node_modules/**,**/.git/**,**/.venv/**,**/checkpoints/**,**/results/**}",
    maxListed,
  );
  return found.sort((a, b) => a.fsPath.localeCompare(b.fsPath, undefined, { numeric: true }));
}

async function chosenFile(place: Place): Promise<PickedInput | undefined> {
  const picked = await vscode.window.showOpenDialog({
    defaultUri: place.folder.uri,
    filters: { [vscode.l10n.t("JSON Lines or CSV")]: ["jsonl", "csv"] },
    openLabel: vscode.l10n.t("Use as Items"),
  });
  return picked?.[0] && fileInput(place, picked[0].fsPath);
}

/** @throws Error where the file cannot be used, saying why and what to do */
async function fileInput({ at, language }: Place, path: string): Promise<PickedInput> {
  const name = basename(path).replace(/\.[^.]+$/, "");
  const shown = labelText(basename(path));
  const { size } = await stat(path);
  if (size > maxReadBytes)
    throw new Error(
      vscode.l10n.t(
        "{0} has {1}, too much to look through now. Create the job over a part of it, then name the whole file in `items`.",
        shown,
        bytesText(size),
      ),
    );
  const rows: unknown[] = [];
  try {
    // The number stands in for an id, which is only looked for.
    const input = await resolveItems(path, () => rows.length, at);
    if (input.kind === "list") for (const { item } of input.items) rows.push(item);
  } catch (error) {
    throw new Error(vscode.l10n.t("{0} cannot be used: {1}", shown, messageOf(error)));
  }
  const shape = shapeOf(rows);
  if (!shape)
    throw new Error(
      rows.length === 0
        ? vscode.l10n.t("{0} has no rows: put the items in, then create the job.", shown)
        : vscode.l10n.t(
            "{0} has rows that are neither objects nor texts: no job can be made of it here.",
            shown,
          ),
    );
  if (language === "python" && shape.kind === "object" && shape.key === undefined)
    throw new Error(
      vscode.l10n.t(
        "No member differs in every row of {0}: add an id to each, so that rows can be told apart.",
        shown,
      ),
    );
  return { choice: { kind: "file", path: relative(at, path).split(sep).join("/"), shape }, name };
}
