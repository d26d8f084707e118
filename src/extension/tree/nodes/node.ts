import * as vscode from "vscode";
import type { ItemKey } from "../../../runtime/format/itemId.js";
import { markdownText } from "../../../view/text.js";
import type { Job } from "../../job.js";
import type { Pages } from "./pages.js";

/** What nodes need of the tree that they are in. */
export interface TreeContext {
  readonly pages: Pages;
}

/** A row of the tree. Its id holds no time and no count, so that VS Code keeps what is open and where it is scrolled to. */
export interface TreeNode {
  readonly id: string;
  /** The job that it is about; of a row for several of them the first. */
  readonly job: Job;
  readonly parent: TreeNode | undefined;
  /** Of a row that is an item. */
  readonly itemKey?: ItemKey;
  item(): vscode.TreeItem;
  children(context: TreeContext): TreeNode[] | Promise<TreeNode[]>;
  /** The tooltip, made when the pointer rests on the row. */
  details?(): string[];
}

/** A tooltip of plain lines. The text comes from models and files: nothing in it is a link, a command or HTML. */
export function plainTooltip(lines: readonly string[]): vscode.MarkdownString {
  // `appendText` would forbid long lines to wrap.
  const tooltip = new vscode.MarkdownString(markdownText(lines), false);
  tooltip.isTrusted = false;
  tooltip.supportHtml = false;
  return tooltip;
}

const colours = {
  good: "testing.iconPassed",
  bad: "list.errorForeground",
  warn: "list.warningForeground",
  busy: "progressBar.background",
  dim: "disabledForeground",
} as const;

/** A product icon in a colour of the theme. */
export function icon(name: string, colour?: keyof typeof colours): vscode.ThemeIcon {
  return new vscode.ThemeIcon(name, colour && new vscode.ThemeColor(colours[colour]));
}
