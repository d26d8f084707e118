import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { waitForGrowth } from "../growth.js";
import { checkEnd, checkKill } from "../killChecks.js";
import { concurrency, type EndedRun, itemCount, KilledJob } from "../killedJob.js";
import { Findings, type Random, type Row } from "../row.js";

/** Where writes are torn most often: memory that is a file system. */
const memoryFolder = "/dev/shm";

/**
 * SIGKILL at random moments of a job of 500 items: while it starts, after some items, in the middle of a write, and
 * during the last items. Each job is killed over and over until it ends, so that kills during resumes count as well.
 */
export const kills: Row = {
  name: "kills",
  what: `SIGKILL of whole runs of ${itemCount} items, ${concurrency} at a time`,
  unit: "kills",
  full: 200,
  reduced: 10,
  async run({ random, times, progress }) {
    const findings = new Findings();
    let killed = 0;
    let torn = 0;
    let jobs = 0;
    while (killed < times) {
      const job = new KilledJob(folderFor(jobs++), random);
      try {
        const runs: EndedRun[] = [];
        const plannedKills = Math.min(times - killed, random.between(5, 15));
        for (;;) {
          const kill = runs.filter((run) => run.killed).length < plannedKills;
          const left = itemCount - runs.reduce((sum, run) => sum + run.acknowledged.size, 0);
          const run = await job.run(kill ? momentOf(random, job, left) : {});
          runs.push(run);
          if (!run.killed) break;
          killed++;
          if (await checkKill(job, runs, findings)) torn++;
          progress(`${killed} of ${times} kills, ${torn} tore a record`);
        }
        await checkEnd(job, runs, findings);
      } finally {
        if (findings.problems.length === 0) job.remove();
        else findings.problems.push(`The folder was kept: ${job.folder}`);
      }
      if (findings.problems.length > 0) break;
    }
    return findings.outcome(killed, `${jobs} jobs; ${torn} kills tore a record`);
  },
};

/** Every other job lies in memory, where there is such a folder. */
function folderFor(job: number): string {
  return job % 2 === 1 && existsSync(memoryFolder) ? memoryFolder : tmpdir();
}

/** When a run is killed. */
function momentOf(random: Random, job: KilledJob, left: number): Parameters<KilledJob["run"]>[0] {
  const chance = random.next();
  if (chance < 0.2) return afterMs(random.next() * 300);
  if (chance < 0.35) return afterMs(random.next() * 1500);
  if (chance < 0.5) return afterItems(Math.max(0, left - random.between(0, concurrency)), random.next() * 10);
  if (chance < 0.75) return afterItems(random.between(0, Math.max(1, left >> 1)), random.next() * 10);
  return duringWrite(job.checkpoint, random.between(0, Math.max(1, left >> 2)));
}

function afterMs(ms: number): Parameters<KilledJob["run"]>[0] {
  return { onStart: (kill) => void setTimeout(kill, ms) };
}

/** Once so many items were acknowledged, and a moment later. */
function afterItems(count: number, delayMs: number): Parameters<KilledJob["run"]>[0] {
  let seen = 0;
  return {
    onEvent: ({ event }, kill) => {
      if (event === "item-done") seen++;
      if (event === "run-started" || event === "item-done") if (seen === count) setTimeout(kill, delayMs);
    },
  };
}

/** When the file is seen to end at the end of a page: its system is copying a large record, page by page. */
function duringWrite(checkpoint: string, afterItem: number): Parameters<KilledJob["run"]>[0] {
  let seen = 0;
  return {
    onEvent: ({ event }, kill) => {
      if (event === "item-done") seen++;
      if (seen !== afterItem || (event !== "item-done" && event !== "run-started")) return;
      seen++; // once
      waitForGrowth(checkpoint);
      kill();
    },
  };
}
