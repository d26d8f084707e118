/**
 * Reading and writing beside a checkpoint, where other users' programs may have put something else in a file's
 * place: never through a link, and never waiting for the other end of a FIFO.
 */
import { constants, createReadStream, type ReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { readChunkBytes } from "../config.js";
import { AgentJobsError, systemCodeOf } from "../errors.js";

const { O_RDONLY, O_WRONLY, O_CREAT } = constants;
/** Windows has neither. */
const plain = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a regular file for reading.
 * @throws AgentJobsError AJ_NOT_A_FILE for a link, directory, FIFO, socket or device; else what the system says
 */
export function openPlain(path: string): Promise<FileHandle> {
  return opened(path, O_RDONLY | plain);
}

/** The text of a regular file. @throws as `openPlain` does */
export async function readPlain(path: string): Promise<string> {
  const file = await openPlain(path);
  try {
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

/** Writes a small file whole, made with mode 0600 where there is none. @throws as `openPlain` does */
export async function writePlain(path: string, text: string): Promise<void> {
  // Not truncated as it is opened: it may be anything until it was looked at.
  const file = await opened(path, O_WRONLY | O_CREAT | plain, 0o600);
  try {
    await file.truncate(0);
    await file.write(text, 0);
  } finally {
    await file.close();
  }
}

/** The bytes of a regular file, in chunks. @throws as `openPlain` does */
export async function streamPlain(path: string): Promise<ReadStream> {
  const file = await openPlain(path);
  return createReadStream(path, { fd: file, highWaterMark: readChunkBytes });
}

async function opened(path: string, flags: number, mode?: number): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, flags, mode);
  } catch (error) {
    const code = systemCodeOf(error) ?? "";
    if (code === "ELOOP" || code === "EMLINK") throw notPlain(path, "a link");
    if (code === "ENXIO") throw notPlain(path, "a FIFO, socket or device");
    if (code === "EISDIR") throw notPlain(path, "a directory");
    throw error;
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw notPlain(path, stat.isDirectory() ? "a directory" : "a FIFO or device");
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function notPlain(path: string, what: string): AgentJobsError {
  return new AgentJobsError(
    "AJ_NOT_A_FILE",
    `Cannot use ${path}: it is ${what}, and a file is expected there. Nothing was read or changed. Remove it, or choose another checkpoint.`,
  );
}
