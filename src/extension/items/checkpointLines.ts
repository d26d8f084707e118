import * as vscode from "vscode";
import type { ItemKey } from "../../runtime/format/itemId.js";
import type { JobCatalog } from "../jobCatalog.js";
import { itemUri } from "./itemUri.js";

/** A longer line is not looked at: it would hold up the editor. */
const maxLineChars = 1_000_000;

/** From a record in an open checkpoint to its item: Go to Definition, or Ctrl+click on the line. */
export function registerCheckpointLines(catalog: JobCatalog): vscode.Disposable {
  const selector = { scheme: "file", pattern: "**/*.{jsonl,ckpt}" };
  const found = async (document: vscode.TextDocument, { line }: vscode.Position) => {
    const job = catalog.jobOfCheckpoint(document.uri);
    if (!job) return undefined;
    const { text, range } = document.lineAt(line);
    if (text.length > maxLineChars) return undefined;
    const item = await itemIn(text);
    return item === undefined ? undefined : { job, item, range: idRange(text, item, range) };
  };
  return vscode.Disposable.from(
    vscode.languages.registerDefinitionProvider(selector, {
      async provideDefinition(document, position) {
        const place = await found(document, position);
        if (!place) return undefined;
        const start = new vscode.Range(0, 0, 0, 0);
        const targetUri = itemUri(place.job, place.item);
        return [{ originSelectionRange: place.range, targetUri, targetRange: start }];
      },
    }),
    vscode.languages.registerHoverProvider(selector, {
      async provideHover(document, position) {
        const place = await found(document, position);
        if (!place?.range.contains(position)) return undefined;
        const text = vscode.l10n.t("Go to Definition opens all that is known of this item.");
        return new vscode.Hover(text, place.range);
      },
    }),
  );
}

/** The item that a line is about. */
async function itemIn(text: string): Promise<ItemKey | undefined> {
  const { parseLine } = await import("../../runtime/format/parseLine.js");
  const parsed = parseLine(Buffer.from(text));
  return "record" in parsed && "item" in parsed.record ? parsed.record.item : undefined;
}

/** Where the line names it; all of the line where it is written another way. */
function idRange(text: string, item: ItemKey, line: vscode.Range): vscode.Range {
  const at = text.indexOf(item);
  if (at < 0) return line;
  return new vscode.Range(line.start.line, at, line.start.line, at + item.length);
}
