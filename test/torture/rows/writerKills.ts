import { rmSync } from "node:fs";
import { join } from "node:path";
import { Actor, type Language } from "../actor.js";
import { checkLoaded } from "../checks.js";
import { waitForGrowth } from "../growth.js";
import { Findings, type Row } from "../row.js";
import { Scratch } from "../scratch.js";
import { missing } from "../system.js";

const recordBytes = 64 * 1024;
/** A file takes this many kills, each writer going on behind the last one's tear; then it is too long. */
const killsAFile = 4;
/** Of all kills, at least this share tears a record, or the row has not shown what it is to show. */
const tornShare = 0.2;

/** SIGKILL of a writer of large records in memory, where the system stops a write between two pages. */
const killsOf = (language: Language, name: string, what: string, full: number, reduced: number): Row => ({
  ...{ name, what, unit: "kills", full, reduced },
  async run({ random, times, progress }) {
    const skip = missing(language === "python" ? { programs: ["python3"] } : {});
    if (skip) return skip;
    const findings = new Findings();
    const scratch = new Scratch();
    let torn = 0;
    let killed = 0;
    let acknowledgedCount = 0;
    try {
      for (let file = 0; killed < times && findings.problems.length === 0; file++) {
        const path = join(scratch.path, `${file}.jsonl`);
        const acknowledged = new Set<string>();
        for (let n = 0; n < killsAFile && killed < times; n++) {
          const after = random.between(0, 24);
          const delayMs = random.next() * 3;
          const duringWrite = random.next() < 0.7;
          const actor = new Actor("flood", [path, random.between(1, 24), recordBytes], {
            language,
            onSaid: () => {
              if (actor.acknowledged.length !== after) return;
              if (duringWrite) waitForGrowth(path);
              if (duringWrite) actor.kill();
              else setTimeout(() => actor.kill(), delayMs);
            },
          });
          if (after === 0) setTimeout(() => actor.kill(), random.between(30, 120));
          const { signal } = await actor.ended;
          if (signal !== "SIGKILL" || actor.threw)
            findings.add(
              "thrown",
              `the writer ended with ${signal}: ${actor.threw ?? JSON.stringify(actor.rejected[0])}`,
            );
          for (const item of actor.acknowledged) acknowledged.add(item);
          killed++;
          const loaded = await checkLoaded(path, acknowledged, findings, `kill ${killed}`);
          if (loaded?.scan.tornTail) torn++;
          if (killed % 20 === 0) progress(`${killed} of ${times} kills, ${torn} tore a record`);
        }
        acknowledgedCount += acknowledged.size;
        rmSync(path, { force: true });
      }
      if (times >= 100 && torn < times * tornShare)
        findings.add("wrong", `only ${torn} of ${killed} kills tore a record`);
      return findings.outcome(killed, `${torn} tore a record; ${acknowledgedCount} records acknowledged`);
    } finally {
      scratch.remove();
    }
  },
});

export const writerKills = killsOf("node", "writer-kills", "SIGKILL of a writer of 64 KiB records", 1000, 12);
export const pythonKills = killsOf(
  "python",
  "python-kills",
  "SIGKILL of Python's writer of 64 KiB records",
  500,
  4,
);
