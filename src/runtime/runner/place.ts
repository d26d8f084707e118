import { realpath } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";

/**
 * Where a checkpoint really lies, if that is outside all of the folders that a person has opened: the folder it is
 * in may be a link, or a job file of somebody else may name any place. Null where it is inside one.
 */
export async function placeOutside(checkpoint: string, folders: readonly string[]): Promise<string | null> {
  const place = await realFolder(dirname(resolve(checkpoint)));
  for (const folder of folders) {
    const root = await realFolder(resolve(folder));
    const path = relative(root, place);
    if (
      path === "" ||
      (path !== ".." &&
        !path.startsWith(`..${sep}`) &&
        resolve(root, path) === place &&
        !/^[A-Za-z]:/.test(path))
    )
      return null;
  }
  return place;
}

/** With links resolved; of a folder that is not there yet, as far up as there is one. */
async function realFolder(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : resolve(await realFolder(parent), relative(parent, path));
  }
}
