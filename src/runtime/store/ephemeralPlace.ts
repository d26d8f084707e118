/** Places whose files do not last: of memory, of a container, of a notebook's or a build's machine. */
import { mountOf } from "./mounts.js";

export interface EphemeralPlace {
  /** Where it lies, after `The checkpoint lies`. */
  where: string;
  /** When it is gone, as a clause. */
  when: string;
  advice: string;
}

interface Around {
  mounts: string | null;
  env: Readonly<Record<string, string | undefined>>;
  temporary: readonly string[];
  isContainer: boolean;
}

const memory = new Set(["tmpfs", "ramfs", "devtmpfs"]);
const elsewhere = 'Keep it on a disk that stays: "checkpoint" in the job file can name one.';

/**
 * Says why a path does not last; null unless that is certain. A container's own layer counts only where it is known to
 * be a container's: live systems and some package formats have a root of the same type.
 * @param path with links resolved
 */
export function ephemeralOf(path: string, around: Around): EphemeralPlace | null {
  const { env, mounts } = around;
  return (
    ofNotebook(path, env) ??
    ofBuild(path, env) ??
    ofFileSystem(path, mounts, around.isContainer) ??
    ofTemporary(path, around.temporary)
  );
}

function ofNotebook(path: string, env: Around["env"]): EphemeralPlace | null {
  const isColab = env.COLAB_RELEASE_TAG !== undefined || env.COLAB_GPU !== undefined;
  if (isColab && isBelow(path, "/content") && !isBelow(path, "/content/drive"))
    return {
      where: "on this Colab machine",
      when: "it is gone when the session ends",
      advice: "Mount your Drive, and keep it below /content/drive.",
    };
  if (env.KAGGLE_KERNEL_RUN_TYPE !== undefined && isBelow(path, "/kaggle"))
    return {
      where: "on this Kaggle machine",
      when: "it is gone when the session ends, unless a version is saved with its output",
      advice: "Save a version, or copy it out before the session ends.",
    };
  return null;
}

function ofBuild(path: string, env: Around["env"]): EphemeralPlace | null {
  if (env.GITHUB_ACTIONS !== "true") return null;
  const isHosted = env.RUNNER_ENVIRONMENT === "github-hosted";
  const isTemp = env.RUNNER_TEMP !== undefined && isBelow(path, env.RUNNER_TEMP);
  if (!isHosted && !isTemp) return null;
  return {
    where: isTemp ? "in the runner's folder for temporary files" : "on a machine of GitHub's",
    when: isTemp ? "it is emptied around each job" : "it is gone after the job",
    advice:
      "Keep it with actions/cache or actions/upload-artifact, also when the job fails (`if: always()`).",
  };
}

function ofFileSystem(path: string, mounts: string | null, isContainer: boolean): EphemeralPlace | null {
  const mount = mounts === null ? undefined : mountOf(path, mounts);
  if (mount && memory.has(mount.type))
    return {
      where: `in memory (${mount.type} on ${mount.folder})`,
      when: "it is gone when the machine or the container restarts",
      advice: elsewhere,
    };
  if (mount?.folder === "/" && mount.type === "overlay" && isContainer)
    return {
      where: "in this container's own layer",
      when: "it is gone with the container",
      advice: 'Keep it on a volume or a mounted folder: "checkpoint" in the job file can name one.',
    };
  return null;
}

function ofTemporary(path: string, temporary: readonly string[]): EphemeralPlace | null {
  const folder = temporary.find((one) => isBelow(path, one));
  if (folder === undefined) return null;
  return {
    where: `in the system's folder for temporary files (${folder})`,
    when: "the system may empty it",
    advice: elsewhere,
  };
}

function isBelow(path: string, folder: string): boolean {
  const bare = folder.replace(/[\\/]+$/, "");
  return path.startsWith(`${bare}/`) || path.startsWith(`${bare}\\`);
}
