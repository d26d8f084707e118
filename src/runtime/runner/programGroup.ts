import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { workerGraceMs } from "../config.js";
import { type ProgramCall, startError } from "./workerCommand.js";

const lookAgainMs = 50;

export interface ProgramEnd {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

/** A program on our own standard output and error, that leads a process group. Windows has none: there it is alone. */
export class ProgramGroup {
  readonly pid: number | undefined;
  /** Resolves when the program itself ends. @throws AgentJobsError AJ_WORKER where it could not be started */
  readonly ended: Promise<ProgramEnd>;
  private readonly child: ChildProcess | undefined;

  constructor(call: ProgramCall, env: Record<string, string>) {
    let child: ChildProcess;
    try {
      child = spawn(call.file, call.args, {
        cwd: call.cwd,
        env: { ...call.env, ...env },
        stdio: ["ignore", "inherit", "inherit"],
        detached: process.platform !== "win32",
      });
    } catch (error) {
      this.ended = Promise.reject(startError(call, "command", error));
      this.ended.catch(() => {}); // whoever waits for it hears of it
      return;
    }
    this.child = child;
    this.pid = child.pid;
    this.ended = new Promise((resolve, reject) => {
      child.on("error", (error) => child.pid === undefined && reject(startError(call, "command", error)));
      child.on("close", (exitCode, signal) => resolve({ exitCode, signal }));
    });
    this.ended.catch(() => {});
  }

  /** To the whole group, also once the program that led it is gone. */
  kill(signal: NodeJS.Signals | 0): boolean {
    const { child, pid } = this;
    if (!child || pid === undefined) return false;
    if (process.platform === "win32") return signal !== 0 && child.kill(signal);
    try {
      return process.kill(-pid, signal);
    } catch {
      return false;
    }
  }

  /**
   * Resolves once nothing of the group works any more. What has been told to stop may finish what it has in hand;
   * anything else that outlives its program gets SIGTERM, and SIGKILL after the grace.
   */
  async leftGone(isStopping: () => boolean): Promise<void> {
    let sinceMs: number | undefined;
    // They are not our children, so no event tells of their end.
    while (this.kill(0) && !isAllZombies(this.pid!)) {
      if (!isStopping()) {
        if (sinceMs === undefined) this.kill("SIGTERM");
        sinceMs ??= performance.now();
        const ms = performance.now() - sinceMs;
        if (ms >= workerGraceMs) this.kill("SIGKILL");
        if (ms >= 2 * workerGraceMs) return; // the system does not let go of it
      }
      await delay(lookAgainMs);
    }
  }
}

/** Where nobody waits for orphans, as in many containers, they stay in their group for ever. Only Linux tells. */
function isAllZombies(group: number): boolean {
  if (process.platform !== "linux") return false;
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    let stat: string;
    try {
      stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    } catch {
      continue; // it ended in between
    }
    // `PID (NAME) STATE PARENT GROUP …`, where the name may hold anything.
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(itsGroup) === group && state !== "Z" && state !== "X") return false;
  }
  return true;
}
