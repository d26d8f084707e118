import { mkdir, readdir, realpath, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CheckpointWriteError, messageOf, systemCodeOf } from "../errors.js";
import { notAFile } from "./notAFile.js";
import { syncFolder } from "./syncFolder.js";

/** Makes the checkpoint's folder, kept out of version control where it is new; gives the path with links resolved. */
export async function prepareFolder(path: string): Promise<string> {
  const folder = dirname(path);
  try {
    const made = await mkdir(folder, { recursive: true });
    if (made !== undefined) await syncUpTo(made, folder);
    if (made !== undefined && basename(folder) === "checkpoints" && (await readdir(folder)).length === 0)
      await writeFile(join(folder, ".gitignore"), "*\n", { flag: "wx" });
    return join(await realpath(folder), basename(path));
  } catch (error) {
    if (systemCodeOf(error) === "ENOTDIR" || systemCodeOf(error) === "EEXIST")
      throw notAFile(path, "below a file");
    throw new CheckpointWriteError(
      `Cannot create the folder ${folder}: ${messageOf(error)}. Make its parent writable, or choose another checkpoint.`,
      systemCodeOf(error) ?? "",
      { cause: error },
    );
  }
}

/** Makes the names of new folders durable, from the first that was made down to the last. */
async function syncUpTo(made: string, folder: string): Promise<void> {
  for (let at = resolve(folder); at.length >= made.length; at = dirname(at)) await syncFolder(dirname(at));
}
