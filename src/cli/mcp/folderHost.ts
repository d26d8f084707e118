import { execFile } from "node:child_process";
import { dirname, relative, sep } from "node:path";
import { applyRepair, type PlannedRepair, type RepairOutcome } from "../../runtime/repair.js";
import { CheckpointFollower } from "../../runtime/store/follow.js";
import { ToolError } from "../../tools/answer.js";
import { withUniqueIds } from "../../tools/findJob.js";
import type { Started, ToolHost, ToolJob } from "../../tools/host.js";
import type { ToolName } from "../../tools/names.js";
import { type PlanOutcome, readPlan } from "../../tools/readPlan.js";
import { whichRun } from "../../tools/whichRun.js";
import { readTarget, type Target, targetsOf } from "../targets.js";

export interface FolderJob extends ToolJob {
  target: Target;
}

const maxOutputBytes = 1024 * 1024;

/** The jobs below a folder. Whatever loads a job's code is a process of its own: standard output is the protocol's. */
export class FolderHost implements ToolHost<FolderJob> {
  readonly folders: readonly string[];
  /** By checkpoint: of what was read before, only what is new is read. */
  private readonly followers = new Map<string, CheckpointFollower>();

  constructor(
    private readonly folder: string,
    private readonly cli: string,
  ) {
    this.folders = [folder];
  }

  named(name: ToolName): string {
    return name;
  }

  async jobs(): Promise<FolderJob[]> {
    const jobs: FolderJob[] = [];
    for (const target of await targetsOf(this.folder)) jobs.push(await this.read(target));
    return withUniqueIds(jobs, (path) => this.shownPath(path));
  }

  async fresh({ id, target }: FolderJob): Promise<FolderJob> {
    return { ...(await this.read(target)), id };
  }

  refusal(): undefined {
    return undefined;
  }

  async plan({ target, jobFile }: FolderJob, signal: AbortSignal): Promise<PlanOutcome> {
    const args = [this.cli, "plan", jobFile!, "--json", ...(await whichRun(target, jobFile!))];
    return readPlan(process.execPath, args, { cwd: dirname(jobFile!), env: {}, signal });
  }

  lifeText(): string {
    return "It runs on its own and goes on when this conversation ends.";
  }

  async start(
    { target, jobFile }: FolderJob,
    command: "run" | "retry",
    args: readonly string[],
  ): Promise<Started> {
    const which = await whichRun(target, jobFile!);
    const given = [this.cli, command, jobFile!, "--detach", "--json", ...which, ...args];
    const { code, stdout, stderr } = await runToEnd(given, dirname(jobFile!));
    const begun = eventIn(stdout, "run-detached");
    if (begun) {
      const { pid, output } = begun as { pid: number; output: string };
      return { said: "Started: it runs now.", about: { pid, output: this.shownPath(output) } };
    }
    const error = stderr.trim().replace(/^agent-jobs: /, "") || eventIn(stdout, "notice")?.message;
    throw new ToolError({
      said: "It was not started. Tell the person why.",
      about: { job: this.shownPath(jobFile!), exitCode: code, error: error ?? stdout.trim() },
    });
  }

  repair(_job: FolderJob, planned: PlannedRepair): Promise<RepairOutcome> {
    return applyRepair(planned);
  }

  private async read(target: Target): Promise<FolderJob> {
    const { checkpoint, jobFile, label } = target;
    const follower = this.followers.get(checkpoint) ?? new CheckpointFollower(checkpoint);
    const view = await readTarget(target, follower);
    // What failed half-way is read from its beginning the next time.
    if (view.error === null) this.followers.set(checkpoint, follower);
    else this.followers.delete(checkpoint);
    const path = this.shownPath(jobFile ?? checkpoint);
    const id = label === null ? path : `${path} @ ${label}`;
    return { id, name: view.name, label, jobFile, checkpoint, view, target };
  }

  private shownPath(path: string): string {
    const near = relative(this.folder, path);
    return near.startsWith("..") ? path : near.replaceAll(sep, "/");
  }
}

/** The last line of this event: what a job file prints as it is loaded may stand around it. */
function eventIn(stdout: string, event: string): Record<string, unknown> | undefined {
  for (const line of stdout.trimEnd().split("\n").reverse()) {
    try {
      const value = JSON.parse(line);
      if (value?.event === event) return value;
    } catch {
      // a line of somebody else
    }
  }
  return undefined;
}

function runToEnd(
  args: readonly string[],
  cwd: string,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, AGENT_JOBS_ASK: "no" };
    const child = execFile(
      process.execPath,
      [...args],
      { cwd, env, maxBuffer: maxOutputBytes },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end();
  });
}
