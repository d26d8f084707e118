import { type ItemKey, idText } from "../format/itemId.js";
import { safeText } from "../safeText.js";

/** `1 item`, `2 items` */
export const countOf = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

const maxNamed = 5;
const maxNameChars = 80;

/** The first few names, each made safe and cut, and how many more there are. */
export function listed(names: readonly string[]): string {
  const named = names.slice(0, maxNamed).map((name) => safeText(name.slice(0, maxNameChars)));
  const more = names.length - named.length;
  return named.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

export const listedItems = (items: readonly ItemKey[]): string => listed(items.map(idText));
