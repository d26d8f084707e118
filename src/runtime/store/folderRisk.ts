/** Folders on which neither a lock nor an acknowledged write can be trusted as on a disk of this machine. */
import { readFile, realpath } from "node:fs/promises";

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

/**
 * Says what is risky about the place of a checkpoint; null where nothing is known to be.
 * @param mounts the text of `/proc/self/mounts`, where there is one
 */
export function riskOf(path: string, mounts: string | null): string | null {
  if (/^[\\/]{2}[^\\/?.]/.test(path)) return "a network folder";
  const type = mounts === null ? undefined : mountType(path, mounts);
  if (type !== undefined && (networkTypes.has(type) || (type.startsWith("fuse.") && !localFuse.has(type))))
    return `a network or virtual file system (${type})`;
  const synced = syncFolders.find(([folder]) => folder.test(path));
  return synced ? `a folder that ${synced[1]} keeps in sync` : null;
}

/** The type of the innermost mount that a path lies on; of two on one folder the later one counts. */
function mountType(path: string, mounts: string): string | undefined {
  let found: { length: number; type: string } | undefined;
  for (const line of mounts.split("\n")) {
    const [, folder, type] = line.split(" ");
    if (folder === undefined || type === undefined) continue;
    const at = folder.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const isOn = path === at || path.startsWith(at.endsWith("/") ? at : `${at}/`);
    if (isOn && at.length >= (found?.length ?? 0)) found = { length: at.length, type };
  }
  return found?.type;
}

/** One line of warning for the start of a run whose checkpoint lies where locks may fail; null elsewhere. */
export async function folderWarning(checkpoint: string): Promise<string | null> {
  const mounts = await readFile("/proc/self/mounts", "utf8").catch(() => null);
  const risk = riskOf(await realpath(checkpoint).catch(() => checkpoint), mounts);
  if (risk === null) return null;
  return `The checkpoint ${checkpoint} lies on ${risk}: start no second run of this job from another machine, and keep the checkpoint on a disk of this machine if you can.`;
}
