import { basename } from "node:path";
import { messageOf } from "../runtime/errors.js";
import { type PlannedRepair, planRepairOf } from "../runtime/repair.js";
import { changesFile } from "../runtime/state/repairPlan.js";
import { repairTexts } from "../view/proposalText.js";
import { type ToolAnswer, ToolError } from "./answer.js";
import { findJob } from "./findJob.js";
import type { ToolHost, ToolJob } from "./host.js";
import type { ToolInput } from "./inputSchema.js";
import { aboutJob, requireFree } from "./mayAct.js";
import type { Intent } from "./proposal.js";

export async function proposeRepair<Job extends ToolJob>(
  host: ToolHost<Job>,
  input: ToolInput,
  signal: AbortSignal,
): Promise<Intent<Job>> {
  const { job: given, keep_merged: salvageMerged = false } = input as { job: string; keep_merged?: boolean };
  const job = await findJob(host, given);
  await requireFree(host, job);
  if (!job.view) throw nothingToRepair(job);
  const planned = await planRepairOf(job.checkpoint, { salvageMerged, signal });
  if (!changesFile(planned.plan)) throw nothingToRepair(job);
  const lines = repairTexts(planned.plan, planned.summary);
  return { kind: "repair", job, lines, details: salvageMerged, act: () => carryOut(host, job, planned) };
}

const nothingToRepair = (job: ToolJob): ToolError =>
  new ToolError({
    said: "There is nothing to repair in its checkpoint. Nothing was changed.",
    about: aboutJob(job),
  });

async function carryOut<Job extends ToolJob>(
  host: ToolHost<Job>,
  job: Job,
  planned: PlannedRepair,
): Promise<ToolAnswer> {
  try {
    const { backup, dropped } = await host.repair(job, planned);
    return {
      said: "Repaired its checkpoint.",
      about: {
        ...aboutJob(job),
        ...(backup && { backup: basename(backup) }),
        ...(dropped && { dropped: basename(dropped) }),
      },
      next: `It can be undone by the person: Agent Jobs: Undo Repair or Clear… in VS Code, or agent-jobs repair --undo. ${host.named("list_jobs")} says how the job stands now.`,
    };
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError({
      said: "It was not repaired; the file is as it was. Tell the person why.",
      about: { ...aboutJob(job), error: messageOf(error) },
    });
  }
}
