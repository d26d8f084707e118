import { readdirSync, readFileSync } from "node:fs";

/** Ends a process that leads a group, and the group. */
export function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch {
    // Nothing of that group is left.
  }
}

/**
 * Ends every process whose environment holds `NAME=value`. Terminals lead sessions of their own, and a detached run
 * is meant to outlive its parent: no group reaches those. Only where /proc shows environments.
 */
export function killMarked(name: string, value: string): void {
  if (process.platform !== "linux") return;
  const mark = `\0${name}=${value}\0`;
  for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    if (Number(pid) === process.pid) continue;
    try {
      if (`\0${readFileSync(`/proc/${pid}/environ`, "latin1")}`.includes(mark))
        process.kill(Number(pid), "SIGKILL");
    } catch {
      // Gone by now, or somebody else's.
    }
  }
}
