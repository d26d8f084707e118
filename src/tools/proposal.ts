/**
 * What a tool that acts would do: said to the person first, and done only as it was said. Between the two the job may
 * have changed: a proposal is made anew then, and compared by its fingerprint.
 */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { inspectLock } from "../runtime/store/lock.js";
import type { ToolAnswer } from "./answer.js";
import { toolDefinitions } from "./definitions.js";
import type { ToolHost, ToolJob } from "./host.js";
import { checkInput, type ToolInput } from "./inputSchema.js";
import type { ActingTool } from "./names.js";
import { proposeRepair } from "./repairing.js";
import { proposeResume, proposeRetry } from "./running.js";

export type ProposalKind = "start" | "resume" | "retry" | "repair";

/** What would be done, before anything is known of the moment it was proposed at. */
export interface Intent<Job extends ToolJob> {
  kind: ProposalKind;
  job: Job;
  /** For the person, a sentence each, safe to show: items, time, cost, budget, what changes. */
  lines: string[];
  /** What of it is not in the lines. */
  details: unknown;
  act(): Promise<ToolAnswer>;
}

export interface Proposal<Job extends ToolJob = ToolJob> extends Intent<Job> {
  /** Another one for another input, plan, job file, checkpoint or holder. */
  fingerprint: string;
}

/**
 * What a tool would do with this input now. Changes nothing.
 * @throws ToolError where it cannot or must not be done
 */
export async function propose<Job extends ToolJob>(
  host: ToolHost<Job>,
  name: ActingTool,
  input: unknown,
  signal: AbortSignal,
): Promise<Proposal<Job>> {
  const schema = toolDefinitions((tool) => host.named(tool)).find((tool) => tool.name === name)!.inputSchema;
  const checked = checkInput(schema, input);
  const intent = await proposers[name](host, checked, signal);
  const { job, lines, details } = intent;
  const seen = [name, job.id, lines, details, await momentOf(job)];
  return { ...intent, fingerprint: createHash("sha256").update(JSON.stringify(seen)).digest("hex") };
}

const proposers: Record<
  ActingTool,
  <Job extends ToolJob>(host: ToolHost<Job>, input: ToolInput, signal: AbortSignal) => Promise<Intent<Job>>
> = { resume_job: proposeResume, retry_failed: proposeRetry, repair_checkpoint: proposeRepair };

/** The checkpoint, the job file and who holds the job, as they are at this moment. */
async function momentOf({ checkpoint, jobFile }: ToolJob): Promise<unknown[]> {
  const file = await stat(checkpoint, { bigint: true }).catch(() => undefined);
  const lock = await inspectLock(checkpoint);
  const code = jobFile === null ? null : await readFile(jobFile).catch(() => null);
  return [
    ...[checkpoint, jobFile],
    file ? [file.ino, file.size, file.mtimeNs].map(String) : null,
    "content" in lock && lock.status !== "stale" ? lock.content.token : null,
    code && createHash("sha256").update(code).digest("hex"),
  ];
}
