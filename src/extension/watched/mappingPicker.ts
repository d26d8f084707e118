import { readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import * as vscode from "vscode";
import type { Mapping } from "../../runtime/foreign/mapping.js";
import type { SourceRow } from "../../runtime/foreign/row.js";
import {
  countsText,
  errorChoices,
  idChoices,
  type MemberChoice,
  previewRows,
  resultChoices,
} from "../../view/mappingText.js";
import { labelText, plural } from "../../view/text.js";

interface Choice<T> extends vscode.QuickPickItem {
  value: T;
}

const maxPreviewed = 12;
const maxListedFiles = 50;

/**
 * Asks a person how the rows of a file are to be read: where the id, the error and the result are, and where the total
 * comes from. Each choice shows what the rows would be by it. Undefined where the person gave up.
 */
export async function pickMapping(path: string, rows: readonly SourceRow[]): Promise<Mapping | undefined> {
  const name = labelText(basename(path));
  const looked = vscode.l10n.t("by the first {0}", plural(rows.length, "row"));
  const ask = async <T>(step: number, placeHolder: string, choices: readonly Choice<T>[]) => {
    const title = vscode.l10n.t("Watch {0} ({1}/5), {2}", name, step, looked);
    const options = { title, placeHolder, matchOnDescription: true, ignoreFocusOut: true };
    return vscode.window.showQuickPick(choices, options);
  };
  const id = await ask(1, vscode.l10n.t("Which member is an item’s id?"), idChoices(rows).map(asChoice));
  if (!id) return undefined;
  let mapping: Mapping = { id: id.value };
  const noError: Choice<string | undefined> = {
    label: vscode.l10n.t("$(circle-slash) None"),
    description: vscode.l10n.t("rows tell of no errors"),
    detail: countsText(rows, mapping),
    value: undefined,
  };
  const errors = errorChoices(rows, mapping).map(asChoice);
  // The likeliest is on top: a row that failed must not be taken for done because nobody looked further.
  const first = errors.filter(({ value }) => /err|exception|fail/i.test(value));
  const rest = errors.filter((choice) => !first.includes(choice));
  const error = await ask(2, vscode.l10n.t("Which member is there, and not empty, where a row failed?"), [
    ...first,
    noError,
    ...rest,
  ]);
  if (!error) return undefined;
  if (error.value !== undefined) mapping = { ...mapping, error: error.value };
  const whole: Choice<string | undefined> = {
    label: vscode.l10n.t("$(json) The Whole Row"),
    description: vscode.l10n.t("every row without an error is done"),
    detail: countsText(rows, mapping),
    value: undefined,
  };
  const result = await ask(3, vscode.l10n.t("Which member is the result? A row without it is not done."), [
    ...resultChoices(rows, mapping).map(asChoice),
    whole,
  ]);
  if (!result) return undefined;
  if (result.value !== undefined) mapping = { ...mapping, result: result.value };
  const total = await pickTotal(path, ask);
  if (total === undefined) return undefined;
  mapping = { ...mapping, total };
  return (await agreed(mapping, rows, ask)) ? mapping : undefined;
}

const asChoice = ({ path, description, detail }: MemberChoice): Choice<string> => ({
  label: labelText(path),
  description: labelText(description),
  detail,
  value: path,
});

type Ask = <T>(
  step: number,
  placeHolder: string,
  choices: readonly Choice<T>[],
) => Thenable<Choice<T> | undefined>;

/** Undefined where the person gave up; null where nobody knows the total. */
async function pickTotal(path: string, ask: Ask): Promise<Mapping["total"] | undefined> {
  const names = (await readdir(dirname(path))).filter(
    (name) => name !== basename(path) && /\.(jsonl|ndjson|txt|csv|tsv|lst)$/i.test(name),
  );
  const choices: Choice<Mapping["total"] | "ask">[] = [
    {
      label: vscode.l10n.t("$(question) Nobody Knows"),
      description: vscode.l10n.t("what is done is counted, and never called finished"),
      value: null,
    },
    { label: vscode.l10n.t("$(symbol-number) A Number…"), value: "ask" },
    ...names
      .sort()
      .slice(0, maxListedFiles)
      .map((lines) => ({
        label: labelText(lines),
        description: vscode.l10n.t("as many items as this file has lines"),
        value: { lines },
      })),
  ];
  const picked = await ask(4, vscode.l10n.t("How many items are there in all?"), choices);
  if (picked?.value !== "ask") return picked?.value;
  const text = await vscode.window.showInputBox({
    prompt: vscode.l10n.t("How many items are there in all?"),
    validateInput: (given) =>
      /^\d{1,12}$/.test(given.trim()) ? undefined : vscode.l10n.t("A whole number, such as 1000"),
  });
  return text === undefined ? undefined : Number(text.trim());
}

const icons = {
  done: "$(pass)",
  failed: "$(error)",
  open: "$(question)",
  asked: "$(question)",
  nameless: "$(warning)",
};

/** Shows the first rows as they would be read. */
async function agreed(mapping: Mapping, rows: readonly SourceRow[], ask: Ask): Promise<boolean> {
  const yes = {
    label: vscode.l10n.t("$(eye) Watch It"),
    description: countsText(rows, mapping),
    detail: vscode.l10n.t("Only read, never changed; kept in the setting agentJobs.watched."),
    value: true,
  };
  const separator = {
    label: vscode.l10n.t("The first rows, read so"),
    kind: vscode.QuickPickItemKind.Separator,
    value: false,
  };
  const preview = previewRows(rows, mapping, maxPreviewed).map(({ id, state, text }) => ({
    label: `${icons[state]} ${labelText(id)}`,
    description: labelText(text),
    value: false,
  }));
  for (;;) {
    const picked = await ask(5, vscode.l10n.t("Is this right? Escape gives up."), [
      yes,
      separator,
      ...preview,
    ]);
    if (picked?.value !== false) return picked !== undefined;
  }
}
