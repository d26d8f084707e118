import { type ItemKey, keyOf } from "../runtime/format/itemId.js";
import type { JobView } from "../view/jobView.js";
import { shortText } from "../view/text.js";
import { CommandError, exit } from "./exitCodes.js";

/**
 * The item of a job that a person names: a string id bare, any id as its JSON text.
 * @returns undefined where no record names such an item
 * @throws CommandError exit 2 where two are called so
 */
export function itemNamed({ state, name }: JobView, id: string): ItemKey | undefined {
  const known = [keyOf(id), id as ItemKey].filter((key) => state.done.has(key) || state.open.has(key));
  if (known.length > 1)
    throw new CommandError(
      exit.usage,
      `"${shortText(id, 60)}" names two items of ${name}: write ${known.map((key) => `'${key}'`).join(" or ")}.`,
    );
  return known[0];
}
