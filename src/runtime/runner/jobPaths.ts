import { basename, dirname, join, relative } from "node:path";

const jobFileName = /^(.+)\.job\.(ts|mts|js|mjs|json)$/;

/** Whether a path is a job file's by its name. */
export function isJobFile(path: string): boolean {
  return jobFileName.test(basename(path));
}

/** `nightly` of `…/nightly.job.ts`; a file of another name is named by its base without the last ending. */
export function jobNameOf(jobFile: string): string {
  return jobFileName.exec(basename(jobFile))?.[1] ?? basename(jobFile).replace(/\.[^.]+$/, "");
}

/** Where a job's checkpoint is unless its definition says otherwise: `checkpoints/NAME.jsonl`, `NAME@LABEL.jsonl` for a labelled run. */
export function defaultCheckpointOf(jobFile: string, label: string | null = null): string {
  const name = jobNameOf(jobFile) + (label === null ? "" : `@${label}`);
  return join(dirname(jobFile), "checkpoints", `${name}.jsonl`);
}

/** The job file as a checkpoint's header names it: relative to the checkpoint's folder, with forward slashes. */
export function relativeJobFile(checkpoint: string, jobFile: string): string {
  return relative(dirname(checkpoint), jobFile).replaceAll("\\", "/");
}
