import { spawnSync } from "node:child_process";
import { closeSync, existsSync, ftruncateSync, openSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { lockPathOf } from "../../../src/runtime/store/lock.js";
import { Actor, type Language } from "../actor.js";
import { checkLoaded } from "../checks.js";
import { Findings, type Random, type Row } from "../row.js";
import { Scratch } from "../scratch.js";
import { missing } from "../system.js";

const mib = 1024 * 1024;
const fileSystems = {
  ext4: { bytes: 64 * mib, make: ["mkfs.ext4", "-q", "-F"] },
  xfs: { bytes: 320 * mib, make: ["mkfs.xfs", "-q", "-f"] },
};
type Name = keyof typeof fileSystems;

/**
 * A file system shut down under a writer, which is what a power cut leaves of it: what was not synced is gone. A
 * writer whose fdatasync does nothing loses records so, or these cuts would prove nothing.
 */
const powerCuts = (name: Name, language: Language, reduced: number): Row => ({
  name: `${language === "python" ? "python-" : ""}power-cuts-${name}`,
  what: `${name} shut down under a ${language === "python" ? "Python " : ""}writer, mounted again`,
  unit: "cuts",
  full: 60,
  reduced,
  async run({ random, times, progress }) {
    const { make, bytes } = fileSystems[name];
    const skip = missing({
      linux: true,
      root: true,
      programs: ["mount", make[0]!, "xfs_io", "strace", ...(language === "python" ? ["python3"] : [])],
    });
    if (skip) return skip;
    const scratch = new Scratch();
    const findings = new Findings();
    try {
      const image = join(scratch.path, "image");
      const file = openSync(image, "wx");
      ftruncateSync(file, bytes);
      closeSync(file);
      const made = spawnSync(make[0]!, [...make.slice(1), image], { encoding: "utf8" });
      if (made.status !== 0) return { skipped: `${make[0]} made no file system: ${made.stderr}` };
      const disk = new Disk(scratch, image);
      if (!disk.mount()) return { skipped: "a loop device cannot be mounted here" };
      let acknowledged = 0;
      for (let n = 1; n <= times && findings.problems.length < 10; n++) {
        const heard = await cutUnder(disk, random, [], language);
        acknowledged += heard.length;
        await checkLoaded(disk.checkpoint, heard, findings, `cut ${n}`);
        await goOn(disk.checkpoint, heard, findings, `cut ${n}`, language);
        disk.clear();
        progress(`${n} of ${times} cuts`);
      }
      const lost = await control(disk, random, Math.max(1, Math.round(times / 10)), findings, language);
      return findings.outcome(times, `${acknowledged} records acknowledged; without fdatasync ${lost} lost`);
    } finally {
      scratch.remove();
    }
  },
});

export const powerCutsExt4 = powerCuts("ext4", "node", 2);
export const powerCutsXfs = powerCuts("xfs", "node", 2);
export const pythonPowerCuts = powerCuts("ext4", "python", 1);

class Disk {
  private place = "";

  constructor(
    private readonly scratch: Scratch,
    private readonly image: string,
  ) {}

  get checkpoint(): string {
    return join(this.place, "checkpoints", "a.jsonl");
  }

  mount(): boolean {
    this.place = this.scratch.mount("disk", ["-o", "loop", this.image]) ?? "";
    return this.place !== "";
  }

  /** At once: no write of this file system reaches the disk any more. */
  cut(random: Random): void {
    // With -f what is in the journal is written first.
    const command = random.pick(["shutdown", "shutdown -f"]);
    const { status, stderr } = spawnSync("xfs_io", ["-x", "-c", command, this.place], { encoding: "utf8" });
    if (status !== 0) throw new Error(`xfs_io could not shut ${this.place} down: ${stderr}`);
  }

  mountAgain(): void {
    if (!this.scratch.unmount(this.place)) throw new Error("What was shut down could not be unmounted.");
    if (!this.mount()) throw new Error("What was shut down could not be mounted again.");
    // A lock's text may be lost with the power. A real cut takes longer than such a lock counts as being written.
    const lock = lockPathOf(this.checkpoint);
    if (existsSync(lock)) utimesSync(lock, 1, 1);
  }

  clear(): void {
    rmSync(join(this.place, "checkpoints"), { recursive: true, force: true });
    spawnSync("sync", ["-f", this.place]); // the next cut is not to bring this one's files back
  }
}

/**
 * @returns what was heard of before the cut. What is acknowledged later does not count: no machine tells anything after
 *   its power is gone, but here an fdatasync that was under way may return 0 although its file system was shut down.
 */
async function cutUnder(
  disk: Disk,
  random: Random,
  under: readonly string[],
  language: Language,
): Promise<string[]> {
  const after = random.between(1, 150);
  let heard: string[] | undefined;
  const args = [disk.checkpoint, random.between(1, 16), random.between(0, 3000)];
  const actor = new Actor("flood", args, {
    ...{ under, language },
    onSaid: () => {
      if (heard || actor.acknowledged.length < after) return;
      heard = [...actor.acknowledged];
      disk.cut(random);
    },
  });
  // It ends by itself: the first write or sync after the cut fails.
  await actor.ended;
  if (!heard)
    throw new Error(`The writer ended before the cut: ${actor.threw ?? JSON.stringify(actor.rejected[0])}`);
  disk.mountAgain();
  return heard;
}

async function goOn(
  path: string,
  before: readonly string[],
  findings: Findings,
  where: string,
  language: Language,
): Promise<void> {
  const actor = new Actor("append", [path, 2, 100], { language });
  await actor.ended;
  if (!actor.completed || actor.acknowledged.length !== 2)
    findings.add("thrown", `${where}, then again: ${actor.threw}`);
  await checkLoaded(path, [...before, ...actor.acknowledged], findings, `${where}, then again`);
}

/** The same without fdatasync: @returns how many acknowledged records were lost. */
async function control(
  disk: Disk,
  random: Random,
  times: number,
  findings: Findings,
  language: Language,
): Promise<number> {
  const relaxed = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fdatasync,fsync"];
  let lost = 0;
  for (let n = 0; n < times; n++) {
    const heard = await cutUnder(
      disk,
      random,
      [...relaxed, "-e", "inject=fdatasync,fsync:retval=0"],
      language,
    );
    const unseen = new Findings();
    if (existsSync(disk.checkpoint)) await checkLoaded(disk.checkpoint, heard, unseen, "");
    lost += existsSync(disk.checkpoint) ? unseen.outcome(1).lost : heard.length;
    disk.clear();
  }
  if (lost === 0)
    findings.add("wrong", "nothing was lost without fdatasync either: these cuts prove nothing");
  return lost;
}
