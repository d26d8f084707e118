/**
 * What Redis held of a job, as one JSON object: `job:ID:pending` (a list, the next item last), `job:ID:done` (a set),
 * `job:ID:results` and `job:ID:failed` (hashes). What follows a key in brackets, and other members, are not looked at.
 */
import { type ItemKey, idText, keyOf } from "../format/itemId.js";
import { nonNumbersNote } from "./completedList.js";
import { doubtOfTexts, emptyJob, neverTold, type OldJob } from "./oldJob.js";
import { isMembers, type Members, memberOf, oldKeyOf, parseOldJson } from "./oldJson.js";
import { countOf, listedItems } from "./wording.js";

const keyShape = /^job:(.+):(pending|done|results|failed)(?: \(.*\))?$/s;

interface Keys {
  pending?: unknown;
  done?: unknown;
  results?: unknown;
  failed?: unknown;
}

export const isRedisDump = (members: Members): boolean =>
  Object.keys(members).some((name) => keyShape.test(name));

export function jobsInDump(members: Members): string[] {
  return [...new Set(Object.keys(members).flatMap((name) => keyShape.exec(name)?.[1] ?? []))];
}

function keysOf(members: Members, job: string): Keys {
  const keys: Keys = {};
  for (const [name, value] of Object.entries(members)) {
    const [, id, part] = keyShape.exec(name) ?? [];
    if (id === job) keys[part as keyof Keys] = value;
  }
  return keys;
}

/** Whether the dump says what failed: an item that did may have been answered without its content later. */
export const tellsFailures = (members: Members, job: string): boolean =>
  isMembers(keysOf(members, job).failed);

/** @param members of a dump that tells failures */
export function readRedisDump(members: Members, job: string, writtenAtMs: number): OldJob {
  const old = emptyJob("redis-dump", job, writtenAtMs);
  const keys = keysOf(members, job);
  for (const [part, isFit] of Object.entries({
    pending: Array.isArray,
    done: Array.isArray,
    results: isMembers,
    failed: isMembers,
  })) {
    const value = keys[part as keyof Keys];
    if (value !== undefined && !isFit(value))
      old.leftOut.push(`Its \`${part}\` is not as Redis has it, and was not looked at.`);
  }
  const queue = queueOf(old, keys.pending);
  const failures = isMembers(keys.failed) ? keys.failed : {};
  const results = isMembers(keys.results) ? keys.results : {};
  const finished = new Set(
    (Array.isArray(keys.done) ? keys.done : []).flatMap((id: unknown) => textKeyOf(id) ?? []),
  );
  // Once it failed, its text was dropped: what came back then may be the answer to an empty one.
  const isDoubtful = (item: ItemKey) => Object.hasOwn(failures, idText(item)) || queue.requeued.has(item);
  const doubtful = [...finished].filter(isDoubtful);
  for (const item of finished) if (!isDoubtful(item)) takeDone(old, item, results);
  const isDone = new Set(old.done.map(({ item }) => item));
  for (const [id, message] of Object.entries(failures))
    old.failed.push({ item: keyOf(id), message: String(message), attempts: 1 });
  const isFailed = new Set(old.failed.map(({ item }) => item));
  const others = new Set(
    [...queue.items, ...finished].filter((item) => !isDone.has(item) && !isFailed.has(item)),
  );
  old.notBegun = others.size;
  const orphans = Object.keys(results)
    .map(keyOf)
    .filter((item) => !finished.has(item));
  if (doubtful.length > 0)
    old.leftOut.push(
      `Not taken for done, since these failed before, were queued again without their content, and may have been answered without it: ${listedItems(doubtful)}. They are done again.`,
    );
  if (orphans.length > 0)
    old.leftOut.push(
      `Results of items that are not in its set of done ones, which are done again: ${listedItems(orphans)}.`,
    );
  old.untold.push(
    "how many items there are, and which a worker had claimed and lost: those are in none of its keys, and the next run does them",
    "how often an item was tried, when it ended, and what it took",
    neverTold,
  );
  if (keys.pending === undefined)
    old.untold.push("which items are queued: the list is missing, perhaps expired");
  const doubt = doubtOfTexts([...isDone, ...isFailed, ...others]);
  if (doubt !== undefined) old.untold.push(doubt);
  return old;
}

/** A set and a hash hold texts alone, so that an id which is a number in the queue is a text in them. */
function textKeyOf(id: unknown): ItemKey | undefined {
  const key = oldKeyOf(id);
  return key && keyOf(idText(key));
}

function takeDone(old: OldJob, item: ItemKey, results: Members): void {
  const text = memberOf(results, idText(item));
  if (text === undefined) {
    old.done.push({ item });
    old.untold.push(`the result of ${listedItems([item])}`);
    return;
  }
  try {
    const { value, hadNonNumbers } = parseOldJson(String(text));
    old.done.push({ item, result: value });
    if (hadNonNumbers && !old.leftOut.includes(nonNumbersNote)) old.leftOut.push(nonNumbersNote);
  } catch {
    old.leftOut.push(`The result of ${listedItems([item])} is no JSON: it is done again.`);
  }
}

function queueOf(old: OldJob, pending: unknown): { items: Set<ItemKey>; requeued: Set<ItemKey> } {
  const items = new Set<ItemKey>();
  const requeued = new Set<ItemKey>();
  const twice: ItemKey[] = [];
  let unfit = 0;
  for (const text of Array.isArray(pending) ? (pending as unknown[]) : []) {
    const entry = entryOf(text);
    if (!entry) unfit++;
    else if (items.has(entry.item)) twice.push(entry.item);
    if (!entry) continue;
    items.add(entry.item);
    if (entry.isRequeued) requeued.add(entry.item);
  }
  if (unfit > 0) old.leftOut.push(`${countOf(unfit, "queued text")} without an id.`);
  if (twice.length > 0) old.leftOut.push(`Queued more than once, counted once: ${listedItems(twice)}.`);
  return { items, requeued };
}

function entryOf(text: unknown): { item: ItemKey; isRequeued: boolean } | undefined {
  try {
    const { value } = parseOldJson(String(text));
    const item = isMembers(value) && "id" in value ? textKeyOf(value.id) : undefined;
    return item && { item, isRequeued: (value as Members)._retry === true };
  } catch {
    return undefined;
  }
}
