import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { inspectLock } from "../../../src/runtime/store/lock.js";
import { type Actor, runTraced } from "../actor.js";
import { Findings, type Row } from "../row.js";
import { argsOf, type Found, look, pathIn, prepare, type Scene, scenes } from "../scenes.js";
import { Scratch } from "../scratch.js";
import { missing } from "../system.js";
import { type Call, callsIn, endsInCall } from "../traces.js";

/** Every call that the store makes of the file system. */
const calls =
  "open,openat,creat,link,linkat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,write,pwrite64,writev," +
  "pwritev,read,pread64,fsync,fdatasync,close,stat,lstat,fstat,newfstatat,statx,utimensat,copy_file_range,sendfile," +
  "ftruncate,fchmod,chmod,getdents64,readlink,readlinkat";
type Thread = "pool" | "main";
/** By how many wake-ups more or fewer than in the run that was watched a call is looked for, one after another. */
const shifts = [0, 0, 1, -1, 2, -2, 0, 3, -3, 0];

/** What a kill may leave of a checkpoint: judged by what the same work leaves that is not killed. */
export const systemCalls: Row = {
  name: "system-calls",
  what: "SIGKILL at every system call of append, repair, compact, clear, undo, merge",
  unit: "kills of each thread of each scene at most",
  full: 10_000,
  reduced: 2,
  async run({ random, times, progress }) {
    const skip = missing({ linux: true, programs: ["strace"] });
    if (skip) return skip;
    const findings = new Findings();
    const scratch = new Scratch();
    let [cases, repeated] = [0, 0];
    try {
      for (const scene of scenes())
        for (const thread of ["pool", "main"] as const) {
          const stage = new Stage(scene, thread, scratch.path, findings);
          const planned = await stage.watch();
          if (thread === "pool" && planned.length < 20)
            findings.add("wrong", `${scene.name}: only ${planned.length} calls were seen`);
          const step = Math.ceil(planned.length / times);
          for (
            let at = random.between(0, Math.min(step, planned.length) - 1);
            at < planned.length;
            at += step
          ) {
            const kills = await stage.killAt(planned, at);
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
};

/** One thread of one scene. */
class Stage {
  private readonly path: string;
  private readonly trace: string;
  private whole: Found = new Map();
  /** The calls that a kill was at: how many came up to it. */
  private readonly hit = new Set<number>();

  constructor(
    private readonly scene: Scene,
    private readonly thread: Thread,
    folder: string,
    private readonly findings: Findings,
  ) {
    this.path = pathIn(folder);
    this.trace = join(folder, "trace");
  }

  /** Lets it go through once, and gives what it calls. */
  async watch(): Promise<Call[]> {
    const actor = await this.act([]);
    if (!actor.completed) throw new Error(`${this.scene.name} did not end: ${actor.threw}`);
    this.whole = look(this.path);
    return callsIn(readFileSync(this.trace, "utf8"));
  }

  /**
   * Kills it at one of these calls.
   * @returns how many kills that took; 0 where one that was for another call was at this one
   */
  async killAt(planned: readonly Call[], at: number): Promise<number> {
    const { name, nth } = planned[at]!;
    let kills = 0;
    for (const shift of shifts) {
      if (this.hit.has(at)) return kills;
      if (nth + shift < 1) continue;
      const actor = await this.act(["-e", `inject=${name}:signal=KILL:when=${nth + shift}`]);
      const { signal } = await actor.ended;
      const trace = readFileSync(this.trace, "utf8");
      // A kill at a wake-up is at none of the calls.
      if (signal === "SIGKILL" && endsInCall(trace)) this.hit.add(callsIn(trace).length - 1);
      kills++;
      await this.judge(
        actor,
        `${this.scene.name}, killed at ${name} ${nth + shift} of the ${this.thread} thread`,
      );
    }
    if (this.hit.has(at)) return kills;
    this.findings.add(
      "wrong",
      `${this.scene.name}: never killed at ${name} ${nth} of the ${this.thread} thread`,
    );
    return kills;
  }

  private act(inject: readonly string[]): Promise<Actor> {
    prepare(this.path, this.scene);
    rmSync(this.trace, { force: true });
    const args = ["-y", "-e", `trace=${calls}`, ...inject, "-o", this.trace];
    return runTraced(this.scene.mode, argsOf(this.path), this.thread, args);
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
