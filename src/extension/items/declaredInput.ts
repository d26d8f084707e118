import { readFile, stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import * as vscode from "vscode";
import type { ItemKey } from "../../runtime/format/itemId.js";
import { resolveItems } from "../../runtime/runner/items.js";
import { namedPlace } from "../../runtime/runner/namedPlace.js";
import type { ShownInput } from "../../view/item/itemPage.js";

/** Larger lists of items are read by a process of their own, when a person asks. */
const maxReadBytes = 1024 * 1024;

/**
 * An item's input where a job file in JSON says where it is: no code of the job is run for it. Undefined where that
 * cannot be told so.
 */
export async function declaredInput(jobFile: string | null, item: ItemKey): Promise<ShownInput | undefined> {
  if (jobFile === null || extname(jobFile) !== ".json") return undefined;
  try {
    if ((await stat(jobFile)).size > maxReadBytes) return undefined;
    const { items, key } = JSON.parse(await readFile(jobFile, "utf8")) as { items?: unknown; key?: string };
    const folder = dirname(jobFile);
    if (typeof items === "string") {
      // A glob's matches are nothing to look for as an editor opens.
      if (![".jsonl", ".csv", ".json"].includes(extname(items).toLowerCase())) return undefined;
      const place = namedPlace(folder, items);
      if (place === undefined) return undefined;
      const file = await stat(place);
      if (!file.isFile() || file.size > maxReadBytes) return undefined;
    } else if (!Array.isArray(items)) return undefined;
    const input = await resolveItems(items as string, key as never, folder);
    for await (const found of input.items)
      if (found.key === item) return { text: JSON.stringify(found.item ?? null, null, 2) };
    return { why: vscode.l10n.t("The job's input does not have this item now.") };
  } catch {
    return undefined; // a run says what is wrong with it
  }
}
