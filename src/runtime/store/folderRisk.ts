/** Folders that do not keep a checkpoint as a disk of this machine does: they are shared, or do not last. */
import { existsSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { ephemeralOf } from "./ephemeralPlace.js";
import { mountOf } from "./mounts.js";

const networkTypes = new Set(
  "nfs nfs4 cifs smb3 smbfs ncpfs afs 9p ceph glusterfs lustre davfs vboxsf vmhgfs prl_fs sshfs".split(" "),
);
/** FUSE file systems that are a disk of this machine after all. */
const localFuse = new Set([
  "fuse.overlayfs",
  "fuse.fuse-overlayfs",
  "fuse.ntfs",
  "fuse.ntfs-3g",
  "fuse.exfat",
]);

const syncFolders: [RegExp, string][] = [
  [/[\\/]OneDrive( - [^\\/]+)?[\\/]/i, "OneDrive"],
  [/[\\/]Dropbox( \([^\\/]+\))?[\\/]/i, "Dropbox"],
  [/[\\/](Mobile Documents|iCloud ?Drive)[\\/]/i, "iCloud"],
  [/[\\/](Google ?Drive|GoogleDrive-[^\\/]+|My Drive)[\\/]/i, "Google Drive"],
  [/[\\/]CloudStorage[\\/]/i, "a cloud drive"],
];

/** What is known of the machine that a path is on. */
export interface Surroundings {
  /** The text of `/proc/self/mounts`; null where there is none. */
  mounts: string | null;
  env: Readonly<Record<string, string | undefined>>;
  /** The system's folders for temporary files, links resolved. */
  temporary: readonly string[];
  isContainer: boolean;
}

/** Says with whom or what the place of a checkpoint is shared; null where nothing is known of it. */
export function riskOf(path: string, mounts: string | null): string | null {
  if (/^[\\/]{2}[^\\/?.]/.test(path)) return "a network folder";
  const type = mounts === null ? undefined : mountOf(path, mounts)?.type;
  if (type !== undefined && (networkTypes.has(type) || (type.startsWith("fuse.") && !localFuse.has(type))))
    return `a network or virtual file system (${type})`;
  const synced = syncFolders.find(([folder]) => folder.test(path));
  return synced ? `a folder that ${synced[1]} keeps in sync` : null;
}

/**
 * One line of warning about the place of a checkpoint; null where nothing is known to be risky.
 * @param path with links resolved
 * @param subject what the checkpoint is called in it
 */
export function placeWarning(path: string, around: Surroundings, subject: string): string | null {
  const shared = riskOf(path, around.mounts);
  if (shared !== null)
    return `${subject} lies on ${shared}: start no second run of this job from another machine, and keep the checkpoint on a disk of this machine if you can.`;
  const passing = ephemeralOf(path, around);
  if (passing === null) return null;
  return `${subject} lies ${passing.where}: ${passing.when}, and what is done would be lost. ${passing.advice}`;
}

/** One line of warning for the start of a run whose checkpoint lies where locks may fail, or does not last; null elsewhere. */
export async function folderWarning(
  checkpoint: string,
  subject = `The checkpoint ${checkpoint}`,
): Promise<string | null> {
  return placeWarning(await resolved(checkpoint), await surroundings(), subject);
}

/** Of a checkpoint that is to come, its folder tells. */
async function resolved(path: string): Promise<string> {
  return realpath(path).catch(async () =>
    join(await realpath(dirname(path)).catch(() => dirname(path)), basename(path)),
  );
}

async function surroundings(): Promise<Surroundings> {
  const temporary = process.platform === "win32" ? [tmpdir()] : [tmpdir(), "/tmp"];
  return {
    mounts: await readFile("/proc/self/mounts", "utf8").catch(() => null),
    env: process.env,
    temporary: await Promise.all(temporary.map((folder) => realpath(folder).catch(() => folder))),
    isContainer:
      process.env.KUBERNETES_SERVICE_HOST !== undefined ||
      existsSync("/.dockerenv") ||
      existsSync("/run/.containerenv"),
  };
}
