import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { inspectLock } from "../../../src/runtime/store/lock.js";
import { type Actor, type Language, runTraced } from "../actor.js";
import { Findings, type Row } from "../row.js";
import { argsOf, type Found, look, pathIn, prepare, type Scene, scenes } from "../scenes.js";
import { Scratch } from "../scratch.js";
import { missing } from "../system.js";
import { type Call, callsIn } from "../traces.js";

/** Every call that the store makes of the file system. */
const calls =
  "open,openat,creat,link,linkat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,write,pwrite64,writev," +
  "pwritev,read,pread64,fsync,fdatasync,close,stat,lstat,fstat,newfstatat,statx,utimensat,copy_file_range,sendfile," +
  "ftruncate,fchmod,chmod,getdents64,readlink,readlinkat";
type Thread = "pool" | "main";
/** A call is looked for so often, where other calls of its name wake threads at moments of their own. */
const maxKillsOfOne = 40;
const watchedTimes = 3;

/** What a kill may leave of a checkpoint: judged by what the same work leaves that is not killed. */
const systemCallsOf = (language: Language, name: string, what: string, reduced: number): Row => ({
  name,
  what: `SIGKILL at every system call of ${what}`,
  unit: "kills of each thread of each scene at most",
  full: 10_000,
  reduced,
  async run({ random, times, progress }) {
    const skip = missing({
      linux: true,
      programs: ["strace", ...(language === "python" ? ["python3"] : [])],
    });
    if (skip) return skip;
    const findings = new Findings();
    const scratch = new Scratch();
    let [cases, repeated] = [0, 0];
    try {
      // Python's writer does all its calls in the thread that appends, and changes nothing else.
      const played = scenes().filter(({ mode }) => language === "node" || mode === "append");
      const threads: readonly Thread[] = language === "node" ? ["pool", "main"] : ["pool"];
      for (const scene of played)
        for (const thread of threads) {
          const stage = new Stage(scene, thread, language, scratch.path, findings);
          const planned = await stage.watch();
          if (thread === "pool" && planned.length < 20)
            findings.add("wrong", `${scene.name}: only ${planned.length} calls were seen`);
          const step = Math.ceil(planned.length / times);
          for (
            let at = random.between(0, Math.min(step, planned.length) - 1);
            at < planned.length;
            at += step
          ) {
            const kills = await stage.killAt(planned[at]!);
            cases += kills;
            repeated += Math.max(0, kills - 1);
            progress(`${scene.name}, ${thread} thread: call ${at + 1} of ${planned.length}`);
          }
        }
      return findings.outcome(cases, `${repeated} of them once more, for a call that was missed`);
    } finally {
      scratch.remove();
    }
  },
});

export const systemCalls = systemCallsOf(
  "node",
  "system-calls",
  "append, repair, compact, clear, undo, merge",
  2,
);
export const pythonSystemCalls = systemCallsOf("python", "python-system-calls", "Python's append", 1);

/** One thread of one scene. */
class Stage {
  private readonly path: string;
  private readonly trace: string;
  private whole: Found = new Map();
  /** The calls that a kill was at, by their names and ordinals. */
  private readonly hit = new Set<string>();

  constructor(
    private readonly scene: Scene,
    private readonly thread: Thread,
    private readonly language: Language,
    folder: string,
    private readonly findings: Findings,
  ) {
    this.path = pathIn(folder);
    this.trace = join(folder, "trace");
  }

  /** Lets it go through, and gives what it calls: the fewest calls of some times, for all the others make those. */
  async watch(): Promise<Call[]> {
    let fewest: Call[] | undefined;
    for (let i = 0; i < watchedTimes; i++) {
      const actor = await this.act([]);
      if (!actor.completed) throw new Error(`${this.scene.name} did not end: ${actor.threw}`);
      this.whole = look(this.path);
      const calls = callsIn(readFileSync(this.trace, "utf8")).filter(({ isWakeUp }) => !isWakeUp);
      if (!fewest || calls.length < fewest.length) fewest = calls;
    }
    return fewest!;
  }

  /**
   * Kills it at a call. One that it never makes again was another thread's, or a moment's.
   * @returns how many kills that took; 0 where one that was for another call was at this one
   */
  async killAt({ name, nth: planned, ordinal }: Call): Promise<number> {
    const where = `${this.scene.name}, ${this.thread} thread`;
    let nth = planned;
    let [wasMade, sawWhole] = [false, false];
    const tried = new Map<number, number>();
    for (let kills = 0; kills < maxKillsOfOne; kills++) {
      if (this.hit.has(`${name} ${ordinal}`)) return kills;
      const actor = await this.act(["-e", `inject=${name}:signal=KILL:when=${nth}`]);
      const { signal } = await actor.ended;
      const made = callsIn(readFileSync(this.trace, "utf8"));
      wasMade ||= made.some((call) => call.name === name && call.ordinal === ordinal && !call.isWakeUp);
      sawWhole ||= signal !== "SIGKILL";
      const last = made.at(-1);
      if (signal === "SIGKILL" && last && !last.isWakeUp) this.hit.add(`${last.name} ${last.ordinal}`);
      await this.judge(actor, `${where}, killed at ${name} ${nth}`);
      // As many more or fewer as it was too early or too late by.
      const reached = made.findLast((call) => call.name === name)?.ordinal ?? 0;
      nth = Math.max(1, nth + (ordinal - reached || -1));
      // Where wake-ups come and go it may be sent to and fro between two places: then it looks beside them.
      const before = tried.get(nth) ?? 0;
      tried.set(nth, before + 1);
      if (before > 1) nth = Math.max(1, nth + (kills % 2 === 0 ? 1 : -1) * (1 + (kills % 3)));
    }
    if (!this.hit.has(`${name} ${ordinal}`) && (wasMade || !sawWhole))
      this.findings.add("wrong", `${where}: never killed at ${name} ${ordinal} in ${maxKillsOfOne} times`);
    return maxKillsOfOne;
  }

  private act(inject: readonly string[]): Promise<Actor> {
    prepare(this.path, this.scene);
    rmSync(this.trace, { force: true });
    const args = ["-y", "-e", `trace=${calls}`, ...inject, "-o", this.trace];
    return runTraced(this.scene.mode, argsOf(this.path), this.thread, args, this.language);
  }

  private async judge(actor: Actor, where: string): Promise<void> {
    const { scene, path, whole, findings } = this;
    if (actor.threw) findings.add("thrown", `${where}: ${actor.threw}`);
    const found = look(path);
    await scene.check(found, whole, actor, where, findings);
    await scene.next(found, whole, actor, where, findings);
    // What has nothing more to do may leave it, but nobody holds it.
    const { status } = await inspectLock(path);
    if (status !== "free" && status !== "stale") findings.add("wrong", `${where}: the lock is ${status}`);
  }
}
