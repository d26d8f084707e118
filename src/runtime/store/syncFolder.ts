import { open } from "node:fs/promises";
import { systemCodeOf } from "../errors.js";

/** A new file's name is durable once its folder is synced. Windows has no such call and needs none. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } catch (error) {
    // Some network and FUSE file systems refuse to sync folders; there is nothing better to do on them.
    if (!["EINVAL", "ENOTSUP", "EBADF", "EPERM"].includes(systemCodeOf(error) ?? "")) throw error;
  } finally {
    await folder.close();
  }
}
