/** What a job was loaded from, as hashes: a change of its code is noticed as one of its parameters is. */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import { canonicalJson } from "../session/operationCache.js";
import type { JobDefinition } from "./defineJob.js";

/** Members that say how a job is run, and nothing of what its results are. */
const ofRunningOnly = [
  ...["concurrency", "workers", "budget", "limits", "retry", "maxFailures", "deadlineMs", "itemTimeoutMs"],
  ...["stopGraceMs", "estimate", "prices", "checkpoint", "items", "params", "envFile", "$schema"],
  ...["onSuccess", "onFinish"],
];

/** A line of a job file that only sets such a member, as in `concurrency: 8,` or `budget: { usd: 20 },`. */
const runningLine =
  /^\s*(?:concurrency|workers|budget|limits|retry|maxFailures|deadlineMs|itemTimeoutMs|stopGraceMs)\s*:\s*(?:[\d_.]+|"[\d.]+%"|false|\{[\s\w:.,]*\})\s*,?\s*$|^\s*(?:onSuccess|onFinish)\s*:\s*(?:"\w+"|\{[^{}]*\})\s*,?\s*$/;

/** The largest file beside a JSON job that is taken for a part of its program. */
const maxProgramBytes = 16 * 1024 * 1024;

const sha256 = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");

/**
 * The hash of a job file's text. Lines that only say how fast or how dearly it may run do not count, so that raising
 * a budget is no change of the job.
 */
export function hashOfJobFile(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => !runningLine.test(line));
  return sha256(lines.join("\n"));
}

/** The files that were loaded, by path relative to a job's folder with forward slashes. */
export async function sourcesOf(
  jobFile: string,
  folder: string,
  files: Iterable<string>,
): Promise<Record<string, string>> {
  const sources: Record<string, string> = {};
  for (const file of [...new Set(files)].sort()) {
    const bytes = await readFile(file).catch(() => undefined);
    if (bytes) sources[named(file, folder)] = file === jobFile ? hashOfJobFile(String(bytes)) : sha256(bytes);
  }
  return sources;
}

/** The hash of a JSON job: what it says of its program, and not how that is run. */
export function hashOfProgramJob(definition: JobDefinition): string {
  const members = Object.entries(definition).filter(([name]) => !ofRunningOnly.includes(name));
  return sha256(canonicalJson(Object.fromEntries(members)));
}

/** Of a JSON job: what it says of its program, and the files beside it that its command line names. */
export async function sourcesOfProgram(
  jobFile: string,
  folder: string,
  definition: JobDefinition,
): Promise<Record<string, string>> {
  const program = [...(definition.worker ?? []), ...(definition.command ?? [])].map((part) =>
    resolve(folder, part),
  );
  const files = program.filter((path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.isFile() && found.size <= maxProgramBytes && path.startsWith(folder + sep);
  });
  return {
    [named(jobFile, folder)]: hashOfProgramJob(definition),
    ...(await sourcesOf(jobFile, folder, files)),
  };
}

const named = (file: string, folder: string): string => relative(folder, file).replaceAll(sep, "/");
