import { dirname } from "node:path";
import * as vscode from "vscode";
import { pythonVariable } from "../../runtime/runner/workerCommand.js";
import { type PlanOutcome, readPlan } from "../../tools/readPlan.js";
import { taskType } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import type { Log } from "../log.js";
import { chosenPython } from "../python/interpreter.js";
import { createFollower, createTask, definitionOf, type JobTaskDefinition, jobFileOf } from "./jobTask.js";
import { Launches } from "./launches.js";
import type { NodeFinder, NodeProgram } from "./nodeProgram.js";
import { type Outliving, outlivingArgs } from "./outliving.js";
import { Reconnections } from "./reconnections.js";
import { TaskErrors } from "./taskErrors.js";

/** A process that runs our command line. */
export interface CliCall {
  program: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
}

function jobFileOfJob(job: Job): string {
  if (job.jobFile !== null) return job.jobFile;
  throw new TypeError(`Expected a job with a job file, got ${job.checkpoint}.`);
}

/** The arguments that choose the run that a job is of. */
async function runArgs(job: Job, jobFile: string, following?: readonly string[]): Promise<string[]> {
  const { whichRun } = await import("../../tools/whichRun.js");
  return whichRun({ label: job.source.label, checkpoint: job.checkpoint }, jobFile, following);
}

const plannedFlags = ["--items", "--as", "--checkpoint"];

/** Those of a run's arguments by which its plan is another. */
function planArgs(given: readonly string[]): string[] {
  return given.filter((arg, i) =>
    plannedFlags.some((flag) => arg === flag || arg.startsWith(`${flag}=`) || given[i - 1] === flag),
  );
}

/** Makes tasks of jobs, for VS Code's list of tasks and for our own commands. */
export class JobTasks implements vscode.TaskProvider, vscode.Disposable {
  /** Why tasks failed. */
  readonly errors: TaskErrors;
  private readonly cli: string;
  readonly launches: Launches;
  private readonly reconnections: Reconnections;
  private readonly registration: vscode.Disposable;

  constructor(
    private readonly catalog: JobCatalog,
    private readonly outliving: Outliving,
    private readonly nodes: NodeFinder,
    context: vscode.ExtensionContext,
    log: Log,
  ) {
    this.errors = new TaskErrors(context.logUri.fsPath);
    this.reconnections = new Reconnections(context.workspaceState);
    this.launches = new Launches(catalog, this.reconnections, log);
    this.cli = context.asAbsolutePath("dist/cli.js");
    this.registration = vscode.tasks.registerTaskProvider(taskType, this);
  }

  async provideTasks(): Promise<vscode.Task[]> {
    if (!vscode.workspace.isTrusted) return [];
    await this.catalog.start();
    return Promise.all(
      this.catalog.jobs
        .filter((job) => job.jobFile !== null)
        .map((job) => this.taskOf(job, [], this.outliving.of(job))),
    );
  }

  async resolveTask(task: vscode.Task): Promise<vscode.Task | undefined> {
    if (!vscode.workspace.isTrusted) return undefined;
    const definition = task.definition as JobTaskDefinition;
    if (typeof definition.job !== "string" || definition.job === "") return undefined;
    // The very definition that was given: VS Code tells tasks apart by it.
    const isAgain = this.reconnections.takes(task);
    return this.create(definition, task.scope ?? vscode.TaskScope.Workspace, isAgain);
  }

  /**
   * The task that runs or resumes a job.
   * @param outlives whether the run goes on when the task's terminal is closed
   */
  async taskOf(
    job: Job,
    extraArgs: readonly string[] = [],
    outlives = false,
    command: "run" | "retry" = "run",
  ): Promise<vscode.Task> {
    const jobFile = jobFileOfJob(job);
    const args = [
      ...(await runArgs(job, jobFile, extraArgs)),
      ...extraArgs,
      ...(outlives ? outlivingArgs : []),
    ];
    const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(jobFile));
    return this.create(definitionOf(jobFile, args, command), folder ?? vscode.TaskScope.Workspace);
  }

  /**
   * What a run of a job would do. It is found out by a process of its own, since that loads the job file.
   * @param given arguments of the run
   */
  async planOf(job: Job, given: readonly string[], signal: AbortSignal): Promise<PlanOutcome> {
    const jobFile = jobFileOfJob(job);
    const { path, env } = await this.nodes.find(vscode.Uri.file(jobFile));
    const which = [...(await runArgs(job, jobFile, given)), ...planArgs(given)];
    const args = [this.cli, "plan", jobFile, "--json", ...which];
    return readPlan(path, args, { cwd: dirname(jobFile), env, signal });
  }

  /** How a command of the command line is called for a job's run, after its job file. */
  async callOf(job: Job, command: "try" | "input", given: readonly string[]): Promise<CliCall> {
    const jobFile = jobFileOfJob(job);
    const { path, env } = await this.nodes.find(vscode.Uri.file(jobFile));
    const which = command === "try" ? await runArgs(job, jobFile) : [];
    const python = await chosenPython(vscode.Uri.file(jobFile));
    return {
      program: path,
      args: [this.cli, command, jobFile, ...which, ...given],
      cwd: dirname(jobFile),
      env: { ...env, AGENT_JOBS_ASK: "no", ...(python && { [pythonVariable]: python }) },
    };
  }

  /** The program that runs our command line, and the arguments that it begins with. */
  async commandLine(resource?: vscode.Uri): Promise<{ node: NodeProgram; cli: string }> {
    return { node: await this.nodes.find(resource), cli: this.cli };
  }

  /** A task that follows a job's run in a terminal, which stays to be read when the run has ended. */
  async followerOf(job: Job): Promise<vscode.Task> {
    return createFollower(job.name, job.checkpoint, await this.commandLine(vscode.Uri.file(job.checkpoint)));
  }

  dispose(): void {
    this.registration.dispose();
    this.reconnections.dispose();
  }

  private async create(
    definition: JobTaskDefinition,
    scope: vscode.WorkspaceFolder | vscode.TaskScope,
    isAgain = false,
  ): Promise<vscode.Task> {
    const jobFile = jobFileOf(definition, scope);
    const errorFile = await this.errors.fileFor(jobFile, definition.args ?? []);
    return createTask(definition, scope, {
      node: await this.nodes.find(vscode.Uri.file(jobFile)),
      cli: this.cli,
      errorFile,
      python: await chosenPython(vscode.Uri.file(jobFile)),
      isAgain,
    });
  }
}
