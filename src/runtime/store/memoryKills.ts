/** Whether a process that is gone was ended for want of memory: by the system's OOM killer, or by Node's heap limit. */
import { closeSync, constants, openSync, readlinkSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** How often the OOM killer had struck in the control group of a run when it took its lock. */
export interface KillCount {
  file: string;
  kills: number;
}

/** The count of this process's own memory control group, of either version; null where there is none to read. */
export async function countKills(): Promise<KillCount | null> {
  const groups = await readFile("/proc/self/cgroup", "utf8").catch(() => "");
  for (const line of groups.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined || controllers === undefined) continue;
    for (const file of filesOf(controllers, path)) {
      const kills = await killsIn(file);
      if (kills !== null) return { file, kills };
    }
  }
  return null;
}

/** Within a container the path may be the host's, while the mount shows the container's own group as the root. */
function filesOf(controllers: string, path: string): string[] {
  const root = "/sys/fs/cgroup";
  if (controllers.split(",").includes("memory"))
    return [`${root}/memory${path}/memory.oom_control`, `${root}/memory/memory.oom_control`];
  if (controllers !== "") return [];
  return [path, ""].flatMap((at) => [
    `${root}${at}/memory.events.local`,
    `${root}${at}/memory.events`,
    `${root}/unified${at}/memory.events`,
  ]);
}

async function killsIn(file: string): Promise<number | null> {
  const text = await readFile(file, "utf8").catch(() => "");
  const [, kills] = /^oom_kill (\d+)$/m.exec(text) ?? [];
  return kills === undefined ? null : Number(kills);
}

/** Whether the OOM killer ended a process, as far as its group's count or the kernel's log tells. */
export async function wasOomKilled(pid: number, atStart: KillCount | null | undefined): Promise<boolean> {
  if (process.platform !== "linux") return false;
  // The log names whom it killed, by the numbers of the machine itself, so that a count which rose for another
  // process says nothing; but few may read it.
  const inLog = isFirstNamespace() ? oomKilledPids() : null;
  if (inLog !== null && inLog.size > 0) return inLog.has(pid);
  if (!atStart) return false;
  const now = await killsIn(atStart.file);
  return now !== null && now > atStart.kills;
}

/** Whether process numbers here are those of the machine: the first namespace's inode is fixed in the kernel. */
function isFirstNamespace(): boolean {
  try {
    return readlinkSync("/proc/self/ns/pid") === "pid:[4026531836]";
  } catch {
    return false;
  }
}

/** The processes that the kernel's log says were killed for memory; null where it may not be read. */
function oomKilledPids(): Set<number> | null {
  let log: number;
  try {
    log = openSync("/dev/kmsg", constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  const pids = new Set<number>();
  const message = Buffer.alloc(8192);
  try {
    for (;;) {
      let length: number;
      try {
        length = readSync(log, message);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EPIPE") continue; // overwritten while it was read
        return pids; // EAGAIN: that was all
      }
      if (length === 0) return pids;
      const [, pid] = /Killed process (\d+)/.exec(message.toString("latin1", 0, length)) ?? [];
      if (pid !== undefined) pids.add(Number(pid));
    }
  } finally {
    closeSync(log);
  }
}

/** Where a run's process leaves Node's diagnostic report when its heap is exhausted. */
export const reportPathOf = (checkpoint: string): string => `${checkpoint}.report`;

/** Whether a process left a report that its heap was exhausted. */
export async function exhaustedHeap(checkpoint: string, pid: number, sinceMs: number): Promise<boolean> {
  const text = await readFile(reportPathOf(checkpoint), "utf8").catch(() => "");
  try {
    const { header } = JSON.parse(text) as { header: Record<string, unknown> };
    const isOutOfMemory = header.trigger === "OOMError" || /heap out of memory/.test(String(header.event));
    const wroteAtMs = Number(header.dumpEventTimeStamp);
    return isOutOfMemory && header.processId === pid && wroteAtMs >= sinceMs;
  } catch {
    return false;
  }
}
