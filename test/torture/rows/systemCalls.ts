import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { encodeRecord, jobRecord } from "../../../src/runtime/format/record.js";
import { inspectLock } from "../../../src/runtime/store/lock.js";
import { Actor, runTraced } from "../actor.js";
import { checkLoaded } from "../checks.js";
import { writtenLog } from "../logs.js";
import { Findings, type Row } from "../row.js";
import { Scratch } from "../scratch.js";
import { missing } from "../system.js";

/** Every call that the store makes of the file system. */
const calls =
  "open,openat,creat,link,linkat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,write,pwrite64,writev," +
  "pwritev,read,pread64,fsync,fdatasync,close,stat,lstat,fstat,newfstatat,statx,utimensat,copy_file_range,sendfile," +
  "ftruncate,fchmod,chmod,getdents64,readlink,readlinkat";

interface Scene {
  name: string;
  mode: "append" | "repair";
  /** What the checkpoint is before; undefined where there is none. */
  before: Buffer | undefined;
}

/** What a kill may leave of a checkpoint: judged by what the same work leaves that is not killed. */
export const systemCalls: Row = {
  name: "system-calls",
  what: "SIGKILL at every system call of create, open, append, repair",
  unit: "kills of each scene at most",
  full: 10_000,
  reduced: 5,
  async run({ times, progress }) {
    const skip = missing({ linux: true, programs: ["strace"] });
    if (skip) return skip;
    const findings = new Findings();
    const scratch = new Scratch();
    let cases = 0;
    // Reads and writes by which threads wake one another are not always as many: what they count is not exact. That
    // loses no case, for a kill at the call after a write finds what that write has left.
    const missed = new Map<string, number>();
    try {
      for (const scene of scenes()) {
        const path = join(scratch.path, "checkpoints", "a.jsonl");
        const trace = join(scratch.path, "trace");
        for (const thread of ["pool", "main"] as const) {
          prepare(path, scene);
          const whole = await runTraced(scene.mode, argsOf(path), thread, [
            "-e",
            `trace=${calls}`,
            "-o",
            trace,
          ]);
          if (!whole.completed) throw new Error(`${scene.name} did not end: ${whole.threw}`);
          const after = readFileSync(path);
          const made = numbered(readFileSync(trace, "utf8"));
          if (thread === "pool" && made.length < 20)
            findings.add("wrong", `only ${made.length} calls were seen`);
          const chosen = made.filter((_, i) => i % Math.ceil(made.length / times) === 0);
          for (const { call, nth } of chosen) {
            prepare(path, scene);
            const inject = [
              "-e",
              `trace=${call}`,
              "-e",
              `inject=${call}:signal=KILL:when=${nth}`,
              "-o",
              "/dev/null",
            ];
            const actor = await runTraced(scene.mode, argsOf(path), thread, inject);
            const where = `${scene.name}, killed at ${call} ${nth} of the ${thread} thread`;
            await check(path, scene, after, actor, where, findings);
            cases++;
            if (actor.completed) missed.set(`${thread} ${call}`, (missed.get(`${thread} ${call}`) ?? 0) + 1);
            if (cases % 10 === 0) progress(`${cases} kills`);
          }
        }
      }
      const unkilled = [...missed].map(([call, count]) => `${call} ${count}`).join(", ");
      for (const [call, count] of missed)
        if (!/ (read|write)$/.test(call)) findings.add("wrong", `${call}: ${count} times never killed`);
      return findings.outcome(cases, unkilled && `never killed: ${unkilled}`);
    } finally {
      scratch.remove();
    }
  },
};

const appended = 3;
const argsOf = (path: string) => [path, appended, 100];

function scenes(): Scene[] {
  const { bytes, ends } = writtenLog(20);
  const header = encodeRecord(jobRecord(0, "torture", null, null));
  const torn = Buffer.concat([header, bytes.subarray(ends[0], ends[12]! - 20)]);
  const damaged = Buffer.concat([header, bytes.subarray(ends[0])]);
  damaged[header.length + 12]! ^= 1;
  return [
    { name: "a new file", mode: "append", before: undefined },
    { name: "a torn file", mode: "append", before: torn },
    { name: "a repair", mode: "repair", before: damaged },
  ];
}

function prepare(path: string, { before }: Scene): void {
  rmSync(dirname(path), { recursive: true, force: true });
  if (before === undefined) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, before);
}

/** The calls in order, each with how many of its kind came before, which is how strace counts. */
function numbered(trace: string): { call: string; nth: number }[] {
  const counts = new Map<string, number>();
  return [...trace.matchAll(/^(\w+)\(/gm)].map(([, name]) => {
    const nth = (counts.get(name!) ?? 0) + 1;
    counts.set(name!, nth);
    return { call: name!, nth };
  });
}

async function check(
  path: string,
  scene: Scene,
  after: Buffer,
  actor: Actor,
  where: string,
  findings: Findings,
): Promise<void> {
  if (actor.threw) findings.add("thrown", `${where}: ${actor.threw}`);
  if (scene.mode === "repair") checkRepaired(path, scene.before!, after, where, findings);
  else await checkAppended(path, scene.before ?? Buffer.alloc(0), actor, where, findings);
  // Whoever comes next goes on as if nothing had been: the dead one's lock is no obstacle.
  const next = new Actor(scene.mode, argsOf(path));
  await next.ended;
  if (!next.completed || next.rejected.length > 0)
    findings.add("thrown", `${where}, then again: ${next.threw}`);
  if (scene.mode === "repair") {
    if (!readFileSync(path).equals(after))
      findings.add("wrong", `${where}: repaired again, it is another file`);
  } else
    await checkLoaded(path, [...actor.acknowledged, ...next.acknowledged], findings, `${where}, then again`);
  // A second repair that has nothing to do may leave it, but nobody holds it.
  const { status } = await inspectLock(path);
  if (status !== "free" && status !== "stale") findings.add("wrong", `${where}: the lock is ${status}`);
}

/** The old file and a beginning of what was appended: each record wholly, torn, or not at all. */
async function checkAppended(path: string, before: Buffer, actor: Actor, where: string, findings: Findings) {
  const now = readIfThere(path);
  if (!now.subarray(0, before.length).equals(before))
    findings.add("lost", `${where}: bytes of the file were changed`);
  await checkLoaded(path, actor.acknowledged, findings, where);
}

function checkRepaired(path: string, before: Buffer, after: Buffer, where: string, findings: Findings): void {
  const now = readIfThere(path);
  if (!now.equals(before) && !now.equals(after))
    findings.add("wrong", `${where}: neither the old nor the new file`);
  if (now.equals(before)) return;
  const backups = readdirSync(dirname(path)).filter((name) => name.includes(".bak-"));
  if (!backups.some((name) => readFileSync(join(dirname(path), name)).equals(before)))
    findings.add("lost", `${where}: there is no backup of the old file`);
}

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
