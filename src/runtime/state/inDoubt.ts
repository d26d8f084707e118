import { idValue } from "../format/itemId.js";
import type { OpenEntry } from "./status.js";

/** An item that a run began and did not record before it ended, as plain JSON. */
export interface DoubtfulItem {
  /** A JSON scalar. */
  item: unknown;
  attempt: number;
  run: number;
  /** When it began, ISO 8601. */
  at: string;
}

const maxListedItems = 1_000;

/** At most 1,000 of them. */
export function doubtfulItems(entries: readonly OpenEntry[]): DoubtfulItem[] {
  return entries.slice(0, maxListedItems).map(doubtfulItem);
}

export function doubtfulItem({ item, open: { attempt, run, atMs } }: OpenEntry): DoubtfulItem {
  return { item: idValue(item), attempt, run, at: new Date(atMs).toISOString().replace(".000Z", "Z") };
}
