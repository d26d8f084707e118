import { execFile } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { promisify } from "node:util";

/**
 * What tells one process from all others, so that a lock's owner is not confused with a later process that got
 * its number. Null where the system does not say.
 */
export interface ProcessIdentity {
  pid: number;
  /** Linux: clock ticks since boot (`/proc/PID/stat`, field 22); macOS: `ps -o lstart=`. */
  startTime: string | null;
  bootId: string | null;
  host: string;
  /** Linux: containers share the boot id but not the process numbers. */
  pidNamespace: string | null;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}

function pidNamespace(): string | null {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return null;
  }
}

/** When a process was started, as its system says it; null where there is no such process or no way to know. */
export async function startTimeOf(pid: number): Promise<string | null> {
  try {
    if (process.platform === "linux") {
      const stat = await readFile(`/proc/${pid}/stat`, "latin1");
      // The name, in parentheses, may itself hold spaces and parentheses.
      return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
    }
    if (process.platform === "win32") return null;
    const { stdout } = await promisify(execFile)("ps", ["-o", "lstart=", "-p", String(pid)]);
    return stdout.trim() || null;
  } catch {
    return null;
  }
}

let own: Promise<ProcessIdentity> | undefined;

/** This process. */
export function ownIdentity(): Promise<ProcessIdentity> {
  own ??= (async () => ({
    pid: process.pid,
    startTime: await startTimeOf(process.pid),
    bootId: read("/proc/sys/kernel/random/boot_id"),
    host: hostname(),
    pidNamespace: pidNamespace(),
  }))();
  return own;
}

/** Whether a process of this machine exists, be it another user's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
