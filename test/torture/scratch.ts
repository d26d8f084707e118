import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { releaseAtEnd } from "../host/cleanup.js";

const memoryFolder = "/dev/shm";

/** Where files lie in memory, if there is such a place: for all that is not about the disk. */
export const inMemory = (): string => (existsSync(memoryFolder) ? memoryFolder : tmpdir());

/** A folder of its own, with what is mounted in it: gone when the row ends, be it by a signal. */
export class Scratch {
  readonly path: string;
  private readonly mounts = new Set<string>();
  private readonly forget: () => void;

  constructor(parent: string = inMemory()) {
    this.path = mkdtempSync(join(parent, "agent-jobs-torture-"));
    this.forget = releaseAtEnd(() => this.clean());
  }

  /** Mounts something on a new folder and gives its path; undefined where the system refuses. */
  mount(name: string, args: readonly string[]): string | undefined {
    const place = join(this.path, name);
    mkdirSync(place, { recursive: true });
    const { status } = spawnSync("mount", [...args, place], { stdio: "ignore" });
    if (status !== 0) return undefined;
    this.mounts.add(place);
    return place;
  }

  /** @returns whether it is unmounted */
  unmount(place: string, ...options: string[]): boolean {
    const { status } = spawnSync("umount", [...options, place], { stdio: "ignore" });
    if (status === 0) this.mounts.delete(place);
    return status === 0;
  }

  remove(): void {
    this.forget();
    this.clean();
  }

  private clean(): void {
    for (const place of this.mounts) this.unmount(place, "-l");
    // Never through a mount that is still there.
    if (this.mounts.size === 0) rmSync(this.path, { recursive: true, force: true });
  }
}

/** Bytes that may be written below a folder. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
