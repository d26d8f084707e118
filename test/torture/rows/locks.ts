import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { inspectLock } from "../../../src/runtime/store/lock.js";
import { ownIdentity } from "../../../src/runtime/store/processIdentity.js";
import type { Answer, Order } from "../../runtime/store/writer.main.js";
import { TestProgram } from "../../support/children.js";
import { PythonProgram } from "../../support/pythonProgram.js";
import type { Language } from "../actor.js";
import { checkLoaded } from "../checks.js";
import { Findings, type Random, type Row } from "../row.js";
import { Scratch } from "../scratch.js";
import { missing } from "../system.js";

const writers = resolve("dist/test/runtime/store");
const pythonActor = resolve("test/torture/actor.py");
const racerCount = 12;
/** Above every number that Linux gives a process. */
const nobody = 2 ** 22 + 1;

class Writer {
  private constructor(private readonly program: TestProgram | PythonProgram) {}

  static async start(path: string, language: Language = "node"): Promise<Writer> {
    const program =
      language === "python"
        ? new PythonProgram([pythonActor, "serve", path])
        : new TestProgram(writers, "writer", [path]);
    await program.next();
    return new Writer(program);
  }

  tell(order: Order): Promise<Answer> {
    return this.program.ask<Answer>(order);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.program.pid, signal);
  }

  end(): Promise<void> {
    return this.program.end();
  }
}

/** Whoever wins the race owns the lock alone, and keeps it until he gives it back. */
const racersOf = (languages: readonly Language[], name: string, who: string, reduced: number): Row => ({
  name,
  what: `${racerCount} processes${who} that want a stale lock`,
  unit: "rounds",
  full: 200,
  reduced,
  async run({ times, progress }) {
    const skip = missing(languages.includes("python") ? { programs: ["python3"] } : {});
    if (skip) return skip;
    const findings = new Findings();
    const scratch = new Scratch();
    const path = join(scratch.path, "a.jsonl");
    const all = await Promise.all(
      Array.from({ length: racerCount }, (_, i) => Writer.start(path, languages[i % languages.length])),
    );
    try {
      for (let round = 1; round <= times; round++) {
        const left = { token: `dead-${round}`, sinceMs: 0, ...(await ownIdentity()), pid: nobody };
        writeFileSync(`${path}.lock`, JSON.stringify(left));
        const answers = await Promise.all(all.map((racer) => racer.tell({ do: "lock" })));
        const owners = answers.filter(({ code }) => code === undefined);
        const odd = answers.find(({ code }) => code !== undefined && code !== "AJ_HELD");
        if (odd) findings.add("thrown", `round ${round}: ${odd.code} ${odd.message}`);
        if (owners.length !== 1) findings.add("wrong", `round ${round}: ${owners.length} owners`);
        const { token } = JSON.parse(readFileSync(`${path}.lock`, "utf8")) as { token: string };
        if (!owners.some((owner) => owner.token === token))
          findings.add("wrong", `round ${round}: the lock is none of an owner's`);
        for (const [i, { code }] of answers.entries())
          if (code === undefined) await all[i]!.tell({ do: "unlock" });
        if (findings.problems.length > 10) break;
        progress(`${round} of ${times} rounds`);
      }
      if ((await inspectLock(path)).status !== "free") unlinkSync(`${path}.lock`);
      return findings.outcome(times);
    } finally {
      await Promise.all(all.map((racer) => racer.end()));
      scratch.remove();
    }
  },
});

export const racers = racersOf(["node"], "racers", "", 20);
export const pythonRacers = racersOf(["node", "python"], "python-racers", ", half of them in Python,", 5);

/** An owner that is stopped while it writes, taken over, and goes on as if nothing had been. */
const stoppedOwnerOf = (
  owner: Language,
  heir: Language,
  name: string,
  who: string,
  reduced: number,
): Row => ({
  name,
  what: `SIGSTOP of a lock's owner${who}, taken over, SIGCONT`,
  unit: "rounds",
  full: 200,
  reduced,
  async run({ random, times, progress }) {
    const programs = [owner, heir].includes("python") ? ["python3"] : [];
    const skip = missing({ linux: true, programs });
    if (skip) return skip;
    const findings = new Findings();
    const scratch = new Scratch();
    const path = (round: number) => join(scratch.path, `${round}.jsonl`);
    let late = 0;
    try {
      for (let round = 1; round <= times && findings.problems.length < 10; round++) {
        const pair = [Writer.start(path(round), owner), Writer.start(path(round), heir)] as const;
        if (await stopAndTakeOver(path(round), pair, random, findings, `round ${round}`)) late++;
        progress(`${round} of ${times} rounds`);
      }
      return findings.outcome(
        times,
        `in ${late} of them a write was under way and ended after the take-over`,
      );
    } finally {
      scratch.remove();
    }
  },
});

export const stoppedOwner = stoppedOwnerOf("node", "node", "stopped-owner", "", 5);
export const pythonStoppedOwner = stoppedOwnerOf("python", "node", "python-stopped-owner", " in Python", 2);
export const pythonHeir = stoppedOwnerOf("node", "python", "python-heir", ", by Python", 1);

/** @returns whether what the owner had begun was acknowledged although it was stopped in the middle */
async function stopAndTakeOver(
  path: string,
  pair: readonly [Promise<Writer>, Promise<Writer>],
  random: Random,
  findings: Findings,
  where: string,
): Promise<boolean> {
  const [owner, heir] = await Promise.all(pair);
  const acknowledged: string[] = [];
  const append = async (writer: Writer, ids: string[]) => {
    const answer = await writer.tell({ do: "append", ids });
    if (answer.code === undefined) acknowledged.push(...ids.map((id) => JSON.stringify(id)));
    return answer;
  };
  const expect = (answer: Answer, code: string | undefined, what: string) => {
    if (answer.code !== code)
      findings.add("wrong", `${where}: ${what} gave ${answer.code} ${answer.message ?? ""}`);
  };
  const some = (name: string) => Array.from({ length: random.between(1, 200) }, (_, i) => `${name}-${i}`);
  try {
    expect(await owner.tell({ do: "open" }), undefined, "opening");
    expect(await append(owner, some("before")), undefined, "the owner's append");
    const pending = append(owner, some("under-way"));
    await new Promise((resolve) => setTimeout(resolve, random.next() * 4));
    owner.signal("SIGSTOP");
    expect(await heir.tell({ do: "open" }), "AJ_HELD", "opening beside a stopped owner");
    expect(await heir.tell({ do: "open", takeOver: true }), undefined, "taking over");
    expect(await append(heir, some("meanwhile")), undefined, "the heir's append");
    owner.signal("SIGCONT");
    const underWay = await pending;
    if (underWay.code !== undefined) expect(underWay, "AJ_LOCK_LOST", "what was under way");
    expect(await append(owner, some("after")), "AJ_LOCK_LOST", "the old owner's append");
    await owner.tell({ do: "close" });
    expect(await append(heir, some("last")), undefined, "the heir's last append");
    const loaded = await checkLoaded(path, acknowledged, findings, where);
    if (loaded && [...loaded.state.done].some((item) => item.startsWith('"after-')))
      findings.add("wrong", `${where}: the old owner wrote after it was taken over`);
    return underWay.code === undefined;
  } finally {
    await Promise.all([owner.end(), heir.end()]);
  }
}
