/** Writes a checkpoint's results to a file of their own: whole or not at all, and never over what is not its own. */
import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, link, lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { AgentJobsError, CheckpointWriteError, messageOf, systemCodeOf } from "./errors.js";
import { readResults } from "./results.js";
import { writeResults } from "./saveResults.js";
import { notAFile } from "./store/notAFile.js";
import { openPlain, readPlain, writePlain } from "./store/plainFile.js";
import { draftPrefixOf, noLinks } from "./store/replaceFile.js";
import { syncFolder } from "./store/syncFolder.js";

export interface Exported {
  /** Absolute path of the file. */
  path: string;
  results: number;
  /** The file was there already, with just these results. */
  isSame: boolean;
}

/** What a job has exported, so that the next export knows its own file: SHA-256 of the latest ones, hex. */
const notePathOf = (checkpoint: string): string => `${checkpoint}.exported`;

/** More than the latest two are of no use: a kill between a note and its file leaves the file before. */
const maxNoted = 2;

/**
 * Exports the results of a checkpoint so far, as JSON Lines or, where the path ends in .csv, as a table. What is at the
 * path is replaced only if this checkpoint's latest export wrote it and nobody changed it since.
 * @param path absolute
 * @throws CheckpointWriteError, AgentJobsError AJ_WRITE where it cannot be written or something else is there;
 *   AJ_NOT_A_FILE
 */
export async function exportResults(checkpoint: string, path: string): Promise<Exported> {
  const draft = `${draftPrefixOf(path)}${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const { results, hash } = await writeDraft(checkpoint, path, draft);
    const there = await hashOfFile(path);
    const isSame = there === hash;
    const noted = await notedHashes(checkpoint);
    if (there !== undefined && !isSame && !noted.includes(there)) throw isForeign(path);
    // Before the file: a kill in between leaves a file that is known.
    const notes = [hash, ...noted.filter((one) => one !== hash)].slice(0, maxNoted);
    await writePlain(notePathOf(checkpoint), `${JSON.stringify({ sha256: notes })}\n`);
    if (!isSame) await (there === undefined ? placeNew(draft, path) : rename(draft, path));
    await syncFolder(dirname(path));
    return { path, results, isSame };
  } catch (error) {
    const code = systemCodeOf(error);
    if (error instanceof AgentJobsError || code === undefined) throw error;
    throw new CheckpointWriteError(
      `Cannot export the results to ${path}: ${messageOf(error)}. The checkpoint is as it was. ${code === "ENOSPC" || code === "EDQUOT" ? "Free some space" : "Make its folder writable, or change `onSuccess`"}, then run again.`,
      code,
      { cause: error },
    );
  } finally {
    await rm(draft, { force: true }).catch(() => {});
  }
}

const isForeign = (path: string): AgentJobsError =>
  new AgentJobsError(
    "AJ_WRITE",
    `Will not export the results to ${path}: something else is there, or it was changed since it was exported. Nothing was overwritten, and the checkpoint is as it was. Move that file away, or name another in \`onSuccess\`, then run again.`,
  );

async function writeDraft(
  checkpoint: string,
  path: string,
  draft: string,
): Promise<{ results: number; hash: string }> {
  const file = await open(draft, "wx", 0o600);
  try {
    const hash = createHash("sha256");
    const write = async (text: string) => {
      hash.update(text);
      await file.appendFile(text);
    };
    const results = await writeResults(() => readResults(checkpoint), path, write);
    await file.sync();
    return { results, hash: hash.digest("hex") };
  } finally {
    await file.close();
  }
}

/** A second name, not a rename: that would replace what has come to be there meanwhile. */
async function placeNew(draft: string, path: string): Promise<void> {
  await link(draft, path).catch(async (error: unknown) => {
    const code = systemCodeOf(error) ?? "";
    if (code === "EEXIST") throw isForeign(path);
    if (!noLinks.has(code)) throw error;
    await rename(draft, path);
  });
}

/** Undefined where there is nothing. @throws AgentJobsError AJ_NOT_A_FILE for a link, directory, FIFO or device */
async function hashOfFile(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch((error: unknown) => {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (!found) return undefined;
  if (!found.isFile()) throw notAFile(path, found.isDirectory() ? "a directory" : "a link, FIFO or device");
  const file: FileHandle = await openPlain(path);
  const hash = createHash("sha256");
  for await (const chunk of file.createReadStream()) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

async function notedHashes(checkpoint: string): Promise<string[]> {
  try {
    const { sha256 } = JSON.parse(await readPlain(notePathOf(checkpoint))) as { sha256?: unknown };
    return Array.isArray(sha256) ? sha256.filter((hash) => typeof hash === "string") : [];
  } catch {
    return []; // then nothing that is there is known, and nothing is replaced
  }
}
