import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { encodeRecord, jobRecord } from "../../src/runtime/format/record.js";
import { eventsPathOf } from "../../src/runtime/store/follow.js";
import { Actor } from "./actor.js";
import { besideOf, type Change, changes, mergedOf } from "./changes.js";
import { checkLoaded } from "./checks.js";
import { writtenLog } from "./logs.js";
import type { Findings } from "./row.js";

/** Files of a folder by their names; what differs from one time to the next is left out of their bytes. */
export type Found = Map<string, string>;

/** A folder, what is done in it, and what may be found there where that was killed in the middle. */
export interface Scene {
  name: string;
  mode: "append" | Change;
  /** Files beside the checkpoint, by the names of their endings. */
  files: Record<string, Buffer>;
  /** @param whole what the same work leaves that is not killed */
  check(found: Found, whole: Found, actor: Actor, where: string, findings: Findings): Promise<void>;
  /** Whoever comes next goes on as if nothing had been. */
  next(found: Found, whole: Found, actor: Actor, where: string, findings: Findings): Promise<void>;
}

const appended = 3;
const name = "a.jsonl";
const olderBackup = `${name}.bak-20260101T000000Z`;
export const argsOf = (path: string): (string | number)[] => [path, appended, 100];
export const pathIn = (folder: string): string => join(folder, "checkpoints", name);

export function prepare(path: string, { files }: Scene): void {
  rmSync(dirname(path), { recursive: true, force: true });
  if (Object.keys(files).length === 0) return;
  mkdirSync(dirname(path), { recursive: true });
  for (const [file, bytes] of Object.entries(files)) writeFileSync(join(dirname(path), file), bytes);
}

/** All that is kept in the folder; locks and drafts are not. */
export function look(path: string): Found {
  const found: Found = new Map();
  let names: string[] = [];
  try {
    names = readdirSync(dirname(path));
  } catch {
    return found;
  }
  for (const each of names)
    if (!/\.lock(\.|$)|\.draft-|^\.gitignore$/.test(each))
      found.set(each, normal(readFileSync(join(dirname(path), each))));
  return found;
}

/** A compaction names its sums anew each time. */
const normal = (bytes: Buffer): string => bytes.toString("latin1").replace(/"key":"[^"]*".*\n/, "\n");

const backupsIn = (found: Found): [string, string][] =>
  [...found].filter(([each]) => /\.bak-[\dTZ-]+$/.test(each) && each.startsWith(name));

export function scenes(): Scene[] {
  const { bytes, ends } = writtenLog(20);
  const header = encodeRecord(jobRecord(0, "torture", null, null));
  const torn = Buffer.concat([header, bytes.subarray(ends[0], ends[12]! - 20)]);
  const whole = Buffer.concat([header, bytes.subarray(ends[0])]);
  const damaged = Buffer.from(whole);
  damaged[header.length + 12]! ^= 1;
  const shorter = whole.subarray(0, ends[9]);
  const article = Buffer.from('{"id": "a", "ts": 1}\n{"id": "b", "ts": 2}\n');
  const events = whole.subarray(0, ends[5]);
  const other = Buffer.from(whole.toString("latin1").replace("t1", "t2"), "latin1");
  return [
    append("a new file", {}),
    append("a torn file", { [name]: torn }),
    replacing("a repair", "repair", damaged),
    replacing("a compaction", "compact", grown(whole)),
    clearing("a clear", { [name]: whole }),
    clearing("a clear of another tool's file", { [name]: article, [`${name}.events`]: events }),
    undoing("an undo", { [name]: shorter, [olderBackup]: whole }),
    undoing("an undo of a clear", { [olderBackup]: whole }),
    merging("a merge", { [name]: whole, [basename(besideOf(name))]: withoutUsage(other) }),
  ];
}

/** With records that nobody needs any more. */
function grown(whole: Buffer): Buffer {
  const input = encodeRecord({ type: "input", atMs: 1_800_000_000_000, run: 1, total: 20 });
  return Buffer.concat([whole, input, input, input]);
}

/** Sums of what was spent twice would get a name that differs from time to time. */
function withoutUsage(bytes: Buffer): Buffer {
  const header = bytes.indexOf("\n") + 1;
  return bytes.subarray(0, header);
}

function append(title: string, files: Record<string, Buffer>): Scene {
  const before = files[name]?.toString("latin1") ?? "";
  return {
    ...{ name: title, mode: "append", files },
    async check(found, _, actor, where, findings) {
      if (!(found.get(name) ?? "").startsWith(before))
        findings.add("lost", `${where}: bytes of the file were changed`);
      await checkLoaded(actor.path, actor.acknowledged, findings, where);
    },
    async next(_, __, actor, where, findings) {
      const next = new Actor("append", argsOf(actor.path));
      await next.ended;
      if (!next.completed || next.rejected.length > 0)
        findings.add("thrown", `${where}, then again: ${next.threw}`);
      await checkLoaded(
        actor.path,
        [...actor.acknowledged, ...next.acknowledged],
        findings,
        `${where}, then again`,
      );
    },
  };
}

/** Does the same again, in this process, and gives what is there then. */
async function again(mode: Change, path: string, where: string, findings: Findings): Promise<Found> {
  await changes[mode](path).catch((error: Error) => {
    findings.add("thrown", `${where}, then again: ${error.message}`);
  });
  return look(path);
}

/** The old file or the new one; and with the new one a backup of the old. */
function replacing(title: string, mode: Change, before: Buffer): Scene {
  const old = normal(before);
  const judge = (found: Found, whole: Found, where: string, findings: Findings) => {
    const now = found.get(name);
    if (now !== old && now !== whole.get(name))
      findings.add("wrong", `${where}: neither the old nor the new file`);
    if (now !== old && !backupsIn(found).some(([, bytes]) => bytes === old))
      findings.add("lost", `${where}: there is no backup of the old file`);
  };
  return {
    ...{ name: title, mode, files: { [name]: before } },
    async check(found, whole, _, where, findings) {
      judge(found, whole, where, findings);
    },
    async next(_, whole, actor, where, findings) {
      const found = await again(mode, actor.path, where, findings);
      judge(found, whole, `${where}, then again`, findings);
      if (found.get(name) !== whole.get(name) || found.size !== whole.size)
        findings.add("wrong", `${where}, then again: not what it would have been`);
    },
  };
}

/** The file where it was, or whole in a backup; and its events with it. */
function clearing(title: string, files: Record<string, Buffer>): Scene {
  const old = normal(files[name]!);
  const events = files[eventsPathOf(name)];
  const judge = (found: Found, where: string, findings: Findings) => {
    const places = found.has(name) ? [name] : backupsIn(found).map(([each]) => each);
    const isWhole = (place: string) =>
      found.get(place) === old && (!events || found.get(eventsPathOf(place)) === normal(events));
    if (!places.some(isWhole)) findings.add("lost", `${where}: neither cleared nor as it was`);
  };
  return {
    ...{ name: title, mode: "clear", files },
    async check(found, _, __, where, findings) {
      judge(found, where, findings);
    },
    async next(_, whole, actor, where, findings) {
      const found = await again("clear", actor.path, where, findings);
      judge(found, `${where}, then again`, findings);
      if (found.has(name)) findings.add("wrong", `${where}, then again: it is not cleared`);
      // Bringing it back is what a clear promises.
      const back = await again("undo", actor.path, `${where}, then undone`, findings);
      if (back.get(name) !== whole.get(backupsIn(whole)[0]![0]))
        findings.add("lost", `${where}, then undone: it is not as it was`);
    },
  };
}

/** The one or the other file in place, and nothing of either lost. */
function undoing(title: string, files: Record<string, Buffer>): Scene {
  const now = files[name] && normal(files[name]);
  const then = normal(files[olderBackup]!);
  const judge = (found: Found, where: string, findings: Findings) => {
    const place = found.get(name);
    if (place !== now && place !== then) findings.add("wrong", `${where}: neither the one nor the other`);
    const kept = [...found.values()];
    if (!kept.includes(then) || (now !== undefined && !kept.includes(now)))
      findings.add("lost", `${where}: one of both is gone`);
  };
  return {
    ...{ name: title, mode: "undo", files },
    async check(found, _, __, where, findings) {
      judge(found, where, findings);
    },
    async next(before, _, actor, where, findings) {
      // Once it is done there may be nothing more to bring back.
      if (before.get(name) === then && now === undefined) return;
      const found = await again("undo", actor.path, where, findings);
      judge(found, `${where}, then again`, findings);
    },
  };
}

/** Nothing or the whole new file, and those that are merged as they were. */
function merging(title: string, files: Record<string, Buffer>): Scene {
  const into = basename(mergedOf(name));
  const judge = (found: Found, whole: Found, where: string, findings: Findings) => {
    for (const [each, bytes] of Object.entries(files))
      if (found.get(each) !== normal(bytes)) findings.add("lost", `${where}: ${each} was changed`);
    if (found.has(into) && found.get(into) !== whole.get(into))
      findings.add("wrong", `${where}: what was merged is not whole`);
  };
  return {
    ...{ name: title, mode: "merge", files },
    async check(found, whole, _, where, findings) {
      judge(found, whole, where, findings);
    },
    async next(before, whole, actor, where, findings) {
      if (before.has(into)) return;
      const found = await again("merge", actor.path, where, findings);
      judge(found, whole, `${where}, then again`, findings);
      const drafts = readdirSync(dirname(actor.path)).filter((each) => each.includes(".draft-"));
      if (!found.has(into) || drafts.length > 0)
        findings.add("wrong", `${where}, then again: not merged, or ${drafts.length} drafts left`);
    },
  };
}
