import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { extensionId } from "../ids.js";
import { pageWords } from "./words.js";

/** What the page's files lie in: nothing else can be read by it. */
export function pageFolder(): vscode.Uri {
  return vscode.Uri.joinPath(vscode.extensions.getExtension(extensionId)!.extensionUri, "dist", "dashboard");
}

/** The page before it knows anything: what is shown comes by messages, and is set as text alone. */
export function pageHtml(webview: vscode.Webview, jobId: string): string {
  const nonce = randomBytes(16).toString("base64url");
  const uri = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(pageFolder(), name)).toString();
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}`;
  return `<!DOCTYPE html>
<html lang="${attribute(vscode.env.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${attribute(vscode.l10n.t("Dashboard"))}</title>
<link rel="stylesheet" href="${attribute(uri("main.css"))}">
</head>
<body data-job="${attribute(jobId)}" data-words="${attribute(JSON.stringify(pageWords()))}">
<script nonce="${nonce}" src="${attribute(uri("main.js"))}"></script>
</body>
</html>`;
}

function attribute(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
