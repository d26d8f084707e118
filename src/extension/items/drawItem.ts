import { basename } from "node:path";
import * as vscode from "vscode";
import { type ItemKey, idText } from "../../runtime/format/itemId.js";
import { ItemHistoryReader } from "../../runtime/itemHistory.js";
import { newestItemLines } from "../../runtime/runner/itemLogLines.js";
import { findRows } from "../../runtime/store/findRows.js";
import { readTrial } from "../../runtime/trial.js";
import { itemPage, type ShownInput } from "../../view/item/itemPage.js";
import type { ItemPage, PagePart } from "../../view/item/page.js";
import { itemLines } from "../../view/rowText.js";
import { commandIds, innerCommandIds } from "../ids.js";
import type { Job } from "../job.js";
import { lensTitle } from "../lensTitle.js";
import { declaredInput } from "./declaredInput.js";

/** An item's document shows no more of its lines of the log than this; the newest. */
const maxLogLines = 200;

/** One item's document: what it reads as, and what leads on from it. Reads only what came since it was drawn last. */
export class DrawnItem {
  private readonly history: ItemHistoryReader;
  private page: ItemPage | undefined;
  private hasTrial = false;
  private declared: Promise<ShownInput | undefined> | undefined;
  private hasInput = false;
  /** The line, counted from 1, of its newest record in the checkpoint. */
  private newestLine: number | undefined;

  constructor(
    readonly job: Job,
    private readonly item: ItemKey,
  ) {
    this.history = new ItemHistoryReader(job.checkpoint, item);
  }

  /** @param asked the input, where a person asked for it */
  async draw(asked: ShownInput | undefined): Promise<string> {
    const { job, item } = this;
    const { view } = job;
    if (!view) return vscode.l10n.t("The job has no checkpoint now.");
    if (view.foreign) return this.foreignText();
    this.declared ??= declaredInput(job.jobFile, item);
    const [history, log, trial, declared] = await Promise.all([
      this.history.read(),
      newestItemLines(job.checkpoint, [item], maxLogLines),
      readTrial(job.checkpoint),
      this.declared,
    ]);
    this.newestLine = history.entries.findLast(({ path }) => path === job.checkpoint)?.line;
    const isElsewhere = job.jobFile === null && {
      why: vscode.l10n.t("only the program that does it has it"),
    };
    const input = asked ?? declared ?? (isElsewhere || undefined);
    this.hasInput = input !== undefined && "text" in input;
    const tried = trial?.item === item ? trial.done : undefined;
    this.hasTrial = tried !== undefined;
    this.page = itemPage({
      ...{ item, view, history, input, log: log.get(item) },
      file: vscode.workspace.asRelativePath(job.checkpoint),
      ...(tried && { tried: { result: tried.result, attempt: tried.attempt ?? 0 } }),
    });
    return `${this.page.lines.join("\n")}\n`;
  }

  links(): vscode.DocumentLink[] {
    return (this.page?.links ?? []).map(({ line, start, end, path, target }) => {
      const uri = vscode.Uri.file(path).with({ fragment: `L${target}` });
      const link = new vscode.DocumentLink(new vscode.Range(line, start, line, end), uri);
      link.tooltip = vscode.l10n.t("Open this line of {0}", basename(path));
      return link;
    });
  }

  lenses(): vscode.CodeLens[] {
    const { job, item, page } = this;
    if (!page) return [];
    const can = job.capabilities(vscode.workspace.isTrusted);
    const open = job.view?.state.open.get(item);
    const isOpen = open !== undefined && !job.view?.state.done.has(item);
    const row = { job, itemKey: item };
    const lens = (line: number, message: string, command: string, args: unknown[]) => {
      const title = lensTitle(message);
      return new vscode.CodeLens(new vscode.Range(line, 0, line, 0), { title, command, arguments: args });
    };
    const top = (message: string, command: string, ...args: unknown[]) => lens(0, message, command, args);
    const at = (name: PagePart, message: string, command: string, ...args: unknown[]) => {
      const line = page.headings.get(name);
      return line === undefined ? [] : [lens(line, message, command, args)];
    };
    const isTrusted = vscode.workspace.isTrusted;
    const isHeld = job.holder !== null;
    const isDebuggable = isTrusted && isOpen && !isHeld && job.jobFile !== null;
    const isFailed = open?.phase === "failed";
    const checkpoint = vscode.l10n.t("$(go-to-file) Checkpoint");
    return [
      ...(isFailed && can.has("retryable")
        ? [top(vscode.l10n.t("$(debug-restart) Retry"), innerCommandIds.retryItem, job.id, item)]
        : []),
      ...(isDebuggable ? [top(vscode.l10n.t("$(debug-alt) Debug…"), commandIds.debugItem, row)] : []),
      this.newestLine === undefined
        ? top(checkpoint, commandIds.openCheckpoint, job.id)
        : top(checkpoint, innerCommandIds.openLine, job.id, this.newestLine),
      ...(this.hasTrial && isTrusted
        ? [
            ...at(
              "trial",
              vscode.l10n.t("$(check) Keep Result"),
              innerCommandIds.settleTrial,
              job.id,
              "keep",
            ),
            ...at("trial", vscode.l10n.t("$(trash) Discard"), innerCommandIds.settleTrial, job.id, "discard"),
          ]
        : []),
      ...(!this.hasInput && isTrusted && job.jobFile !== null
        ? at("input", vscode.l10n.t("Show Input…"), innerCommandIds.showItemInput, job.id, item)
        : []),
      ...at("log", vscode.l10n.t("Whole Log"), commandIds.showItemLog, row),
    ];
  }

  symbols(lineCount: number): vscode.DocumentSymbol[] {
    const headings = [...(this.page?.headings ?? [])];
    return headings.map(([, line], i) => {
      const name = this.page!.lines[line]!;
      const end = (headings[i + 1]?.[1] ?? lineCount) - 1;
      const range = new vscode.Range(line, 0, Math.max(line, end), 0);
      const at = new vscode.Range(line, 0, line, name.length);
      return new vscode.DocumentSymbol(name, "", vscode.SymbolKind.Namespace, range, at);
    });
  }

  /** All that another tool's file says of it. */
  private async foreignText(): Promise<string> {
    const { job, item } = this;
    this.page = undefined;
    const rows = await findRows(job.paths, item, job.source.watched ?? {});
    const shown = rows.map(({ path, ...row }) => ({ ...row, file: basename(path) }));
    return `${itemLines(idText(item), job.name, shown).join("\n")}\n`;
  }
}
