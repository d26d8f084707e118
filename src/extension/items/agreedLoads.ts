import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Job files that a person agreed to load in this window, by path, each with the hash that it had when they were asked. */
const agreed = new Map<string, string>();

/**
 * Whether a job file may be loaded: a person's word on it holds for as long as its bytes stay as they are.
 * @param ask gives whether the person agrees
 */
export async function isAgreedTo(jobFile: string, ask: () => PromiseLike<boolean>): Promise<boolean> {
  // Looked at before the question: what is changed while it stands is not what was asked about.
  const hash = await hashOf(jobFile);
  if (hash !== undefined && agreed.get(jobFile) === hash) return true;
  if (!(await ask())) return false;
  if (hash !== undefined) agreed.set(jobFile, hash);
  return true;
}

/** A person runs a job file, as it is now: then it may be loaded, too. */
export async function agreeTo(jobFile: string): Promise<void> {
  const hash = await hashOf(jobFile);
  if (hash !== undefined) agreed.set(jobFile, hash);
}

/** Undefined where the file cannot be read: what is to load it says why. */
async function hashOf(path: string): Promise<string | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  return bytes && createHash("sha256").update(bytes).digest("hex");
}
