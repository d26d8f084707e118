import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { extensionId } from "../ids.js";
import type { ShowMessage } from "./protocol.js";
import { pageWords } from "./words.js";

interface PageFiles {
  script: string;
  style: string;
}
let files: Promise<PageFiles> | undefined;

/** The page's program and its styles, read once. */
async function readFiles(): Promise<PageFiles> {
  const { extensionPath } = vscode.extensions.getExtension(extensionId)!;
  const [script, style] = await Promise.all(
    ["main.js", "main.css"].map((name) => readFile(join(extensionPath, "dist/dashboard", name), "utf8")),
  );
  return { script: script!, style: style! };
}

/** What the page's tab shows beside its title. */
export function pageIcon(): { light: vscode.Uri; dark: vscode.Uri } {
  const { extensionUri } = vscode.extensions.getExtension(extensionId)!;
  const of = (theme: string) => vscode.Uri.joinPath(extensionUri, "media", `dashboard-${theme}.svg`);
  return { light: of("light"), dark: of("dark") };
}

/**
 * The page, all in one: what it would load takes its way through two more processes, one file after the other.
 * @param first what is known of the job now; what comes later comes by messages, and all of it is set as text alone
 */
export async function pageHtml(jobId: string, first: ShowMessage): Promise<string> {
  files ??= readFiles();
  const { script, style } = await files;
  const nonce = randomBytes(16).toString("base64url");
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="${attribute(vscode.env.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${attribute(vscode.l10n.t("Dashboard"))}</title>
<style nonce="${nonce}">${style}</style>
</head>
<body data-job="${attribute(jobId)}" data-words="${attribute(JSON.stringify(pageWords()))}" data-first="${attribute(JSON.stringify(first))}" data-first-ms="${Date.now()}">
<script nonce="${nonce}">${script}</script>
</body>
</html>`;
}

function attribute(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
