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

/** What the system says of a process. */
export interface ProcessLook {
  /** False once it is gone, be it that nobody has taken notice of its end yet (a zombie). */
  runs: boolean;
  /** Null where there is no way to know. */
  startTime: string | null;
}

/** Looks at a process of this machine, be it another user's. Where the system does not say more, it runs if it exists. */
export async function lookAt(pid: number): Promise<ProcessLook> {
  if (!exists(pid)) return { runs: false, startTime: null };
  try {
    if (process.platform === "linux") {
      const stat = await readFile(`/proc/${pid}/stat`, "latin1");
      // The name, in parentheses, may itself hold spaces and parentheses.
      const [state = "?", ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return { runs: !"ZXx".includes(state), startTime: rest[18] ?? null };
    }
    if (process.platform === "win32") return { runs: true, startTime: null };
    const { stdout } = await promisify(execFile)("ps", ["-o", "stat=", "-o", "lstart=", "-p", String(pid)]);
    const [, state = "", startTime = ""] = /^\s*(\S+)\s+(.*?)\s*$/s.exec(stdout) ?? [];
    return { runs: !state.startsWith("Z"), startTime: startTime || null };
  } catch {
    return { runs: exists(pid), startTime: null };
  }
}

let own: Promise<ProcessIdentity> | undefined;

/** This process. */
export function ownIdentity(): Promise<ProcessIdentity> {
  own ??= (async () => ({
    pid: process.pid,
    startTime: (await lookAt(process.pid)).startTime,
    bootId: read("/proc/sys/kernel/random/boot_id"),
    host: hostname(),
    pidNamespace: pidNamespace(),
  }))();
  return own;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
