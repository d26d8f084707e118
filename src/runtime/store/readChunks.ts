/** Reads a file from its beginning in constant memory. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { readChunkBytes } from "../config.js";
import { AgentJobsError, messageOf } from "../errors.js";
import type { FileIdentity } from "./replaceFile.js";

/** How a long reading is watched and ended. */
export interface ReadWatch {
  /** How far it is: bytes of the file. */
  onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** Ends it with its reason. */
  signal?: AbortSignal;
}

/**
 * Gives a file's bytes up to the size that it had when it was looked at; none where another file is there now. Each
 * chunk is overwritten by the next.
 * @throws AgentJobsError AJ_READ; the signal's reason
 */
export async function* readChunks(
  path: string,
  { dev, ino, sizeBytes }: FileIdentity,
  { signal, onProgress }: ReadWatch = {},
): AsyncGenerator<Buffer> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0)).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    const opened = await file.stat();
    const chunk = Buffer.allocUnsafeSlow(Math.min(readChunkBytes, sizeBytes));
    for (let at = 0; opened.dev === dev && opened.ino === ino && at < sizeBytes; ) {
      signal?.throwIfAborted();
      const wanted = Math.min(chunk.length, sizeBytes - at);
      const { bytesRead } = await file.read(chunk, 0, wanted, at).catch((error: unknown) => {
        throw unreadable(path, error);
      });
      if (bytesRead === 0) break;
      yield chunk.subarray(0, bytesRead);
      at += bytesRead;
      onProgress?.(at, sizeBytes);
    }
  } finally {
    await file.close();
  }
}

const unreadable = (path: string, error: unknown): AgentJobsError =>
  new AgentJobsError("AJ_READ", `Cannot read ${path}: ${messageOf(error)}.`, { cause: error });
