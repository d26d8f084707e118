import * as vscode from "vscode";
import { type ItemKey, idText } from "../../runtime/format/itemId.js";
import { shortText } from "../../view/text.js";
import { documentUri } from "../documentUri.js";
import { itemScheme } from "../ids.js";
import type { Job } from "../job.js";

/** The folder in the address of items' documents, by which package.json gives them their language. */
const folder = "agent-jobs-item";

/** The address of a read-only document: all that is known of an item. */
export function itemUri(job: Job, item: ItemKey): vscode.Uri {
  const part = (text: string) => shortText(text, 60).replaceAll("/", "∕");
  const title = vscode.l10n.t("{0} of {1}", part(idText(item)), part(job.name));
  const query = JSON.stringify({ job: job.id, item });
  return documentUri(itemScheme, `/${folder}/${title}`, query);
}

/** What an address names. */
export const namedBy = (uri: vscode.Uri) => JSON.parse(uri.query) as { job: string; item: ItemKey };
