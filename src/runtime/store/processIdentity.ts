import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
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
  /** Linux: `boot_id`; macOS: `kern.bootsessionuuid`. */
  bootId: string | null;
  /** Tells machines apart that have the same host name; a hash, for the id itself is confidential. */
  machine?: string | null;
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
  /** It exists and does nothing, until somebody lets it go on. */
  isStopped?: boolean;
}

/** Looks at a process of this machine, be it another user's. Where the system does not say more, it runs if it exists. */
export async function lookAt(pid: number): Promise<ProcessLook> {
  if (!exists(pid)) return { runs: false, startTime: null };
  try {
    if (process.platform === "linux") {
      // The system makes it when it is read, from memory: to have another thread do so takes ten times as long.
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      // The name, in parentheses, may itself hold spaces and parentheses.
      const [state = "?", ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return { runs: !"ZXx".includes(state), startTime: rest[18] ?? null, isStopped: "Tt".includes(state) };
    }
    if (process.platform === "win32") return { runs: true, startTime: null };
    const { stdout } = await promisify(execFile)("ps", ["-o", "stat=", "-o", "lstart=", "-p", String(pid)]);
    const [, state = "", startTime = ""] = /^\s*(\S+)\s+(.*?)\s*$/s.exec(stdout) ?? [];
    return { runs: !state.startsWith("Z"), startTime: startTime || null, isStopped: state.startsWith("T") };
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
    bootId: read("/proc/sys/kernel/random/boot_id") ?? (await macBootId()),
    machine: machineHash(read("/etc/machine-id")),
    host: hostname(),
    pidNamespace: pidNamespace(),
  }))();
  return own;
}

async function macBootId(): Promise<string | null> {
  if (process.platform !== "darwin") return null;
  const asked = promisify(execFile)("/usr/sbin/sysctl", ["-n", "kern.bootsessionuuid"]);
  return asked.then(({ stdout }) => stdout.trim() || null).catch(() => null);
}

function machineHash(id: string | null): string | null {
  return id && /^[0-9a-f]{32}$/.test(id)
    ? createHash("sha256").update(`agent-jobs ${id}`).digest("hex").slice(0, 16)
    : null;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
