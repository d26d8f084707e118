/** What becomes of a job's results and checkpoint once all its items are done. */
import { basename, dirname, join, resolve } from "node:path";
import { clearCheckpoint } from "../backups.js";
import { type Exported, exportResults } from "../exportResults.js";
import type { JobStatus } from "../state/status.js";
import type { OnSuccess } from "./defineJob.js";
import { labelledCheckpoint } from "./jobPaths.js";
import type { LoadedJobFile } from "./loadJob.js";

export interface Succeeded {
  exported?: Exported;
  /** Where the checkpoint was moved to, where it was cleared. */
  backup?: string;
}

/**
 * Where a job's results go: to the path that `onSuccess` names, with the run's label in it, else to `results/` beside
 * the checkpoint, where nothing takes them for a checkpoint themselves.
 */
export function exportPathOf({
  checkpoint,
  definition,
  folder,
  label,
}: Pick<LoadedJobFile, "checkpoint" | "definition" | "folder" | "label">): string {
  const { onSuccess } = definition;
  if (typeof onSuccess === "object") return resolve(folder, labelledCheckpoint(onSuccess.export, label));
  const stem = basename(checkpoint).replace(/\.(jsonl|ckpt|json)$/, "");
  return join(dirname(checkpoint), "results", `${stem}.jsonl`);
}

const clears = (onSuccess: OnSuccess): boolean =>
  typeof onSuccess === "object" ? onSuccess.clear === true : onSuccess === "clear";

/**
 * Whether all of a job is done, and something is. The exit code 0 of a program that keeps its own checkpoint, whose
 * total nobody else knows, says that it is.
 */
export function isSuccess(reason: string, { done, failed, inDoubt, remaining }: JobStatus): boolean {
  return reason === "finished" && done > 0 && failed === 0 && inDoubt === 0 && (remaining ?? 0) === 0;
}

/**
 * Does what a job wants done once it has succeeded, after its run gave its lock back. Results are on the disk before
 * the checkpoint is moved to a backup; nothing is deleted.
 * @param tell hears of each step once it is done
 * @throws as `exportResults` and `clearCheckpoint` do; the checkpoint is then where it was
 */
export async function carryOutSuccess(
  job: LoadedJobFile,
  tell: (step: Succeeded) => void,
): Promise<Succeeded> {
  const { onSuccess = "keep" } = job.definition;
  if (onSuccess === "keep") return {};
  const exported = await exportResults(job.checkpoint, exportPathOf(job));
  tell({ exported });
  if (!clears(onSuccess)) return { exported };
  const backup = await clearCheckpoint(job.checkpoint);
  if (backup === null) return { exported };
  tell({ backup });
  return { exported, backup };
}
