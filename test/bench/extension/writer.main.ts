/**
 * Ten jobs that run at the same time, each with so many records a second, until standard input ends. Then it writes when
 * each was appended, as `[job, items done, microseconds of the monotonic clock]`, to the file that it was called with.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AgentResume } from "../../../src/runtime/session/agentResume.js";
import type { Session } from "../../../src/runtime/session/session.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { nowUs } from "./clock.js";
import { growingJobs } from "./workspace.js";

const recordsPerSecond = 100;
const atOnceMs = 50;
const total = 100_000;
const [folder, timesFile] = process.argv.slice(2) as [string, string];
const times: [string, number, number][] = [];
let ending = false;
process.stdin.resume().once("end", () => {
  ending = true;
});

async function grow(name: string, session: Session): Promise<void> {
  const items = Array.from({ length: total }, (_, n) => `${name}-${n}`);
  const left = session.remaining(items);
  let done = 0;
  const startUs = nowUs();
  while (!ending) {
    const due = Math.floor(((nowUs() - startUs) / 1e6) * recordsPerSecond);
    const marks: Promise<void>[] = [];
    for (; done < due; done++) {
      const { value, done: isOver } = left.next();
      if (isOver) return;
      times.push([name, done + 1, nowUs()]);
      marks.push(session.markDone(value, { label: "positive" }, { ms: 900 }));
    }
    await Promise.all(marks);
    await new Promise((resolve) => setTimeout(resolve, atOnceMs));
  }
}

async function main(): Promise<void> {
  const jobs = Array.from({ length: growingJobs }, (_, n) => {
    const name = `growing-${n}`;
    const store = new JsonlStore(join(folder, "checkpoints", `${name}.jsonl`));
    return new AgentResume({ store }).resumeOrStart(name, (session) => grow(name, session));
  });
  await Promise.all(jobs);
  writeFileSync(timesFile, JSON.stringify(times));
}

void main();
