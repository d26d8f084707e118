import { createHash } from "node:crypto";
import { basename, dirname, join, relative, sep } from "node:path";
import { JobDefinitionError } from "../errors.js";
import { safeText } from "../safeText.js";

const jobFileName = /^(.+)\.job\.(ts|mts|js|mjs|json)$/s;

/** Whether a path is a job file's by its name. */
export function isJobFile(path: string): boolean {
  return jobFileName.test(basename(path));
}

/**
 * `nightly` of `…/nightly.job.ts`; a file of another name is named by its base without the last ending. Composed
 * (NFC): file systems and shells differ in how they give one and the same name.
 */
export function jobNameOf(jobFile: string): string {
  const name = basename(jobFile).normalize("NFC");
  return jobFileName.exec(name)?.[1] ?? (name.replace(/\.[^.]+$/s, "") || name);
}

/** Where a job's checkpoint is unless its definition says otherwise: `checkpoints/NAME.jsonl`, `NAME@LABEL.jsonl` for a labelled run. */
export function defaultCheckpointOf(jobFile: string, label: string | null = null): string {
  const stem = fileStemOf(jobNameOf(jobFile)) + (label === null ? "" : `@${label}`);
  return join(dirname(jobFile), "checkpoints", `${stem}.jsonl`);
}

/** `checkpoints/a.jsonl` for label `x`: `checkpoints/a@x.jsonl` */
export function labelledCheckpoint(checkpoint: string, label: string | null): string {
  return label === null ? checkpoint : checkpoint.replace(/(\.[^./\\]+)?$/, (ending) => `@${label}${ending}`);
}

/** The job file as a checkpoint's header names it: relative to the checkpoint's folder, with forward slashes. */
export function relativeJobFile(checkpoint: string, jobFile: string): string {
  return relative(dirname(checkpoint), jobFile).replaceAll(sep, "/");
}

/** With the longest label, `.jsonl`, and what lies beside a checkpoint, a name stays below the 255 bytes of most systems. */
const maxNameBytes = 100;
const maxLabelBytes = 60;
const maxSlugChars = 40;
const hashChars = 8;

/** Names of devices on Windows, whatever follows their first dot. */
const device = /^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$)(?:\.|$)/i;

/**
 * The name of a job's files, without an ending. A name that every system takes stays as it is; of any other, what
 * can be read of it and a hash of the whole, so that two names never share a file.
 */
export function fileStemOf(name: string): string {
  const isFit =
    name !== "" &&
    Buffer.byteLength(name) <= maxNameBytes &&
    name.normalize("NFC") === name &&
    safeText(name) === name &&
    !/[<>:"/\\|?*@]|^[.\s-]|[.\s]$/.test(name) &&
    !device.test(name);
  if (isFit) return name;
  const slug = name
    .normalize("NFKD")
    .replace(/[^A-Za-z\d._]+/g, "-")
    .slice(0, maxSlugChars)
    .replace(/^[-.]+|[-.]+$/g, "");
  const hash = createHash("sha256").update(name).digest("hex").slice(0, hashChars);
  return `${slug || "job"}-${hash}`.replace(device, "job-$&");
}

/**
 * Checks the label of a run, which becomes a part of file names.
 * @throws JobDefinitionError AJ_JOB saying what a label may be
 */
export function checkLabel(label: string): string {
  const composed = label.normalize("NFC");
  const isFit =
    /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]*$/u.test(composed) &&
    safeText(composed) === composed &&
    Buffer.byteLength(composed) <= maxLabelBytes;
  if (isFit) return composed;
  throw new JobDefinitionError(
    `"${label}" cannot be a label: use letters, digits, dots, dashes and underscores, at most ${maxLabelBytes} bytes, such as 2026-W47.`,
  );
}
