import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Actor, type Language } from "../actor.js";
import { checkLoaded } from "../checks.js";
import { Findings, type Row } from "../row.js";
import { freeBytes, Scratch } from "../scratch.js";
import { missing } from "../system.js";

const diskKib = 1024;

/** A disk that is really full, more than once a file, and then has space again. */
const fullDiskOf = (language: Language, name: string, who: string, full: number, reduced: number): Row => ({
  name,
  what: `a tmpfs that is really full, freed, gone on with${who}`,
  unit: "times that it is full",
  full,
  reduced,
  async run({ random, times, progress }) {
    const skip = missing({
      linux: true,
      root: true,
      programs: ["mount", ...(language === "python" ? ["python3"] : [])],
    });
    if (skip) return skip;
    const findings = new Findings();
    const scratch = new Scratch();
    try {
      const disk = scratch.mount("disk", ["-t", "tmpfs", "-o", `size=${diskKib}k`, "tmpfs"]);
      if (!disk) return { skipped: "a tmpfs cannot be mounted here" };
      let acknowledged = 0;
      for (let n = 0; n < times; n += 2) {
        const path = join(disk, `${n}.jsonl`);
        const heard = new Set<string>();
        const fill = join(disk, "filler");
        for (const time of [1, 2]) {
          const where = `file ${n / 2 + 1}, full for the ${time === 1 ? "first" : "second"} time`;
          writeFileSync(fill, Buffer.alloc(Math.floor(freeBytes(disk) * (0.3 + 0.5 * random.next()))));
          await flood(
            path,
            random.between(1, 8),
            random.between(100, 20_000),
            "ENOSPC",
            heard,
            where,
            findings,
            { language },
          );
          rmSync(fill);
          await goOn(path, heard, where, findings, language);
        }
        acknowledged += heard.size;
        rmSync(path, { force: true });
        progress(`${n + 2} of ${times}`);
      }
      return findings.outcome(times, `${acknowledged} records acknowledged`);
    } finally {
      scratch.remove();
    }
  },
});

export const fullDisk = fullDiskOf("node", "full-disk", "", 200, 4);
export const pythonFullDisk = fullDiskOf("python", "python-full-disk", " by Python's writer", 60, 2);

/** A limit on the size of files, which ends a write in the middle. */
export const fileSizeLimit: Row = {
  name: "file-size-limit",
  what: "ulimit -f reached in the middle of a record, lifted, gone on with",
  unit: "limits",
  full: 100,
  reduced: 3,
  async run({ random, times, progress }) {
    const skip = missing({ linux: true, programs: ["sh"] });
    if (skip) return skip;
    const findings = new Findings();
    const scratch = new Scratch();
    try {
      for (let n = 1; n <= times; n++) {
        const path = join(scratch.path, `${n}.jsonl`);
        const heard = new Set<string>();
        const limited = ["sh", "-c", `ulimit -f ${random.between(2, 400)}; exec "$0" "$@"`];
        const bytes = random.between(100, 20_000);
        const callers = random.between(1, 8);
        await flood(path, callers, bytes, "EFBIG", heard, `limit ${n}`, findings, { under: limited });
        await goOn(path, heard, `limit ${n}`, findings);
        rmSync(path, { force: true });
        progress(`${n} of ${times}`);
      }
      return findings.outcome(times);
    } finally {
      scratch.remove();
    }
  },
};

/** Writes until it can no more. */
async function flood(
  path: string,
  callers: number,
  bytes: number,
  expected: string,
  heard: Set<string>,
  where: string,
  findings: Findings,
  how: { under?: readonly string[]; language?: Language } = {},
): Promise<void> {
  const actor = new Actor("flood", [path, callers, bytes], how);
  await actor.ended;
  for (const item of actor.acknowledged) heard.add(item);
  if (!actor.completed) findings.add("thrown", `${where}: ${actor.threw}`);
  // A short count, which comes without an error, is told as a full disk.
  const unexpected = actor.rejected.find(({ systemCode }) => ![expected, "ENOSPC"].includes(systemCode));
  if (unexpected || actor.rejected.length !== callers)
    findings.add(
      "wrong",
      `${where}: ${actor.rejected.length} of ${callers} refused, ${JSON.stringify(unexpected)}`,
    );
  await checkLoaded(path, heard, findings, where);
}

/** Nothing is in the way any more: all that is appended now is acknowledged. */
async function goOn(
  path: string,
  heard: Set<string>,
  where: string,
  findings: Findings,
  language: Language = "node",
): Promise<void> {
  const actor = new Actor("append", [path, 3, 100], { language });
  await actor.ended;
  for (const item of actor.acknowledged) heard.add(item);
  if (!actor.completed || actor.acknowledged.length !== 3)
    findings.add("thrown", `${where}, then with space: ${actor.threw ?? JSON.stringify(actor.rejected)}`);
  await checkLoaded(path, heard, findings, `${where}, then with space`);
}
