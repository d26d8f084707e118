import * as vscode from "vscode";
import { linkTo } from "../links/index.js";
import type { TreeNode } from "../tree/nodes/node.js";
import type { Handler } from "./services.js";
import { targetOf } from "./target.js";

const shownMs = 3_000;

/** Copies a link that opens a job, or the item of the row that it was called on. */
export const copyLink: Handler = async ({ catalog }, argument) => {
  const job = await targetOf(catalog, argument, "openable", vscode.l10n.t("Copy a link to which job?"));
  if (!job) return;
  const { itemKey } = (argument ?? {}) as Partial<TreeNode>;
  await vscode.env.clipboard.writeText(linkTo(job, itemKey));
  vscode.window.setStatusBarMessage(vscode.l10n.t("Link copied."), shownMs);
};
