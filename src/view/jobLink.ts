import type { ItemKey } from "../runtime/format/itemId.js";

/** What a link names: a job by its file, and maybe one of its items. */
export interface JobLink {
  /** The open folder that `path` is relative to, by its name; null where `path` is absolute. */
  folder: string | null;
  /** The job's file, else its checkpoint. With forward slashes where it is relative. */
  path: string;
  item: ItemKey | null;
}

export const linkPath = "/job";
/** What no honest link has: a longer path is none, and an id of this length names nothing that a person looks at. */
const maxChars = 4_096;

/** The query of a link, for `readLink` to read. */
export function linkQuery({ folder, path, item }: JobLink): string {
  const query = new URLSearchParams();
  if (folder !== null) query.set("folder", folder);
  query.set("path", path);
  if (item !== null) query.set("item", itemText(item));
  // A plus sign is a space to some who read addresses, and a plus sign to others.
  return query.toString().replaceAll("+", "%20");
}

/**
 * What a link names. Anybody may have written it: nothing in it is trusted to be there or to be of sense.
 * @returns null where it names nothing, in whatever way
 */
export function readLink(path: string, query: string): JobLink | null {
  if (path !== linkPath || query.length > 4 * maxChars) return null;
  const given = new URLSearchParams(query.replaceAll("+", "%2B"));
  const [file, folder, item] = ["path", "folder", "item"].map((name) => given.getAll(name));
  if (file!.length !== 1 || folder!.length > 1 || item!.length > 1) return null;
  const texts = [...file!, ...folder!, ...item!];
  if (texts.some((text) => text === "" || text.length > maxChars || /\p{Cc}/u.test(text))) return null;
  return {
    path: file![0]!,
    folder: folder![0] ?? null,
    item: item![0] === undefined ? null : keyIn(item![0]),
  };
}

/** A string as it is, where it cannot be taken for another scalar; else the key's own JSON text. */
function itemText(key: ItemKey): string {
  const value: unknown = JSON.parse(key);
  return typeof value === "string" && keyIn(value) === key ? value : key;
}

function keyIn(text: string): ItemKey {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return text as ItemKey;
  } catch {}
  return JSON.stringify(text) as ItemKey;
}
