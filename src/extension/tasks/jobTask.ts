import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import * as vscode from "vscode";
import { lastErrorVariable } from "../../runtime/lastError.js";
import { jobNameOf } from "../../runtime/runner/jobPaths.js";
import { pythonVariable } from "../../runtime/runner/workerCommand.js";
import { startedAgainVariable } from "../../runtime/startedAgain.js";
import { labelText } from "../../view/text.js";
import { taskType } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import type { NodeProgram } from "./nodeProgram.js";
import { outlivingArgs } from "./outliving.js";

/** A task of our type, as tasks.json has it. */
export interface JobTaskDefinition extends vscode.TaskDefinition {
  type: typeof taskType;
  /** The job file, absolute or relative to the workspace folder; `${workspaceFolder:NAME}/…` names a folder. */
  job: string;
  /** What of `agent-jobs` it is; `run` where it is left out. */
  command?: "run" | "retry";
  /** Further arguments of that command. */
  args?: string[];
}

/** The definition of a job file's task: relative to its folder where it has one, so that it can be shared. */
export function definitionOf(
  jobFile: string,
  args: readonly string[] = [],
  command: "run" | "retry" = "run",
): JobTaskDefinition {
  return {
    ...{ type: taskType, job: shareablePath(jobFile) },
    ...(command !== "run" && { command }),
    ...(args.length > 0 && { args: [...args] }),
  };
}

/**
 * To extensions VS Code tells executions apart by their definitions alone: where two folders have a file of the same
 * relative path, the folder is named, and where they have the same name, too, the path is absolute.
 */
function shareablePath(jobFile: string): string {
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(jobFile));
  if (!folder) return jobFile;
  const path = relative(folder.uri.fsPath, jobFile).replaceAll(sep, "/");
  const others = (vscode.workspace.workspaceFolders ?? []).filter((one) => one !== folder);
  if (!others.some(({ uri }) => existsSync(join(uri.fsPath, path)))) return path;
  return others.some(({ name }) => name === folder.name)
    ? jobFile
    : `\${workspaceFolder:${folder.name}}/${path}`;
}

/**
 * Absolute path of the job file that a definition names. A task of a workspace file belongs to no folder: there the path
 * is relative to the first folder that has such a file, or begins with a folder's name.
 */
export function jobFileOf({ job }: JobTaskDefinition, scope: vscode.Task["scope"]): string {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const own = typeof scope === "object" ? scope : undefined;
  const path = job.replace(/^\$\{workspaceFolder(?::([^}]+))?\}/, (whole, name?: string) => {
    const folder = name === undefined ? (own ?? folders[0]) : folders.find((one) => one.name === name);
    return folder?.uri.fsPath ?? whole;
  });
  if (isAbsolute(path)) return path;
  if (own) return join(own.uri.fsPath, path);
  const [first, ...rest] = path.split(/[\\/]/);
  const candidates = [
    ...folders.map(({ uri }) => join(uri.fsPath, path)),
    ...folders.filter(({ name }) => name === first).map(({ uri }) => join(uri.fsPath, ...rest)),
  ];
  return candidates.find((candidate) => existsSync(candidate)) ?? candidates[0] ?? path;
}

/** What a flag of a definition's arguments is given, as `--as X` or `--as=X`. */
function given({ args = [] }: JobTaskDefinition, flag: string): string | undefined {
  const at = args.indexOf(flag);
  if (at !== -1) return args[at + 1];
  return args.find((arg) => arg.startsWith(`${flag}=`))?.slice(flag.length + 1);
}

/** The job that a task runs; undefined for tasks of other types and of jobs that are not there. */
export function jobOfTask({ jobs }: JobCatalog, { definition, scope }: vscode.Task): Job | undefined {
  if (definition.type !== taskType) return undefined;
  const ours = definition as JobTaskDefinition;
  const jobFile = jobFileOf(ours, scope);
  const checkpoint = given(ours, "--checkpoint");
  const label = given(ours, "--as") ?? null;
  return jobs.find((job) => {
    if (job.jobFile !== jobFile) return false;
    if (checkpoint !== undefined) return job.checkpoint === resolve(dirname(jobFile), checkpoint);
    return job.source.label === label;
  });
}

/**
 * A task that runs a job in a terminal of its own, without taking the focus. It is a background task, so that VS
 * Code finds it again after the window was reloaded.
 */
export function createTask(
  definition: JobTaskDefinition,
  scope: vscode.WorkspaceFolder | vscode.TaskScope,
  {
    node,
    cli,
    errorFile,
    python,
    isAgain = false,
  }: {
    node: NodeProgram;
    cli: string;
    errorFile: string;
    /** The interpreter that the person chose, where one is chosen. */
    python?: string | undefined;
    /** VS Code looks for the task after a reload, and starts it again where its run has ended: that is to do nothing. */
    isAgain?: boolean;
  },
): vscode.Task {
  const jobFile = jobFileOf(definition, scope);
  const command = definition.command === "retry" ? "retry" : "run";
  const args = [cli, command, jobFile, ...(definition.args ?? [])];
  const execution = new vscode.ProcessExecution(node.path, args, {
    cwd: dirname(jobFile),
    // Nobody sees a question or an error in its terminal; what has to be decided or known is said by us.
    env: {
      ...node.env,
      AGENT_JOBS_ASK: "no",
      [lastErrorVariable]: errorFile,
      ...(python && { [pythonVariable]: python }),
      ...(isAgain && { [startedAgainVariable]: "yes" }),
    },
  });
  // How a run is kept going is nothing to tell tasks apart by for a person.
  const told = (definition.args ?? []).filter((arg) => !outlivingArgs.includes(arg));
  const name = labelText([jobNameOf(jobFile), ...(command === "run" ? [] : [command]), ...told].join(" "));
  // An empty list of matchers, rather than none: else VS Code asks which to use.
  const task = new vscode.Task(definition, scope, name, vscode.l10n.t("Agent Jobs"), execution, []);
  task.isBackground = true;
  task.detail = vscode.workspace.asRelativePath(jobFile);
  task.presentationOptions = {
    // Silent would show the terminal at the end of every run that was stopped or has failed items.
    reveal: vscode.TaskRevealKind.Never,
    panel: vscode.TaskPanelKind.Dedicated,
    focus: false,
    echo: true,
    showReuseMessage: false,
    clear: false,
  };
  return task;
}

/** A task that follows a job's run. It is not of our type: its beginning and end say nothing of the run. */
export function createFollower(
  name: string,
  checkpoint: string,
  { node, cli }: { node: NodeProgram; cli: string },
): vscode.Task {
  const execution = new vscode.ProcessExecution(node.path, [cli, "attach", checkpoint], {
    cwd: dirname(checkpoint),
    env: node.env,
  });
  const definition = { type: "agentJobFollower", checkpoint };
  const title = vscode.l10n.t("{0} (followed)", labelText(name));
  const scope = vscode.TaskScope.Workspace;
  const task = new vscode.Task(definition, scope, title, vscode.l10n.t("Agent Jobs"), execution, []);
  task.isBackground = true;
  task.presentationOptions = {
    reveal: vscode.TaskRevealKind.Always,
    panel: vscode.TaskPanelKind.Dedicated,
    focus: false,
    echo: false,
    showReuseMessage: false,
    clear: true,
  };
  return task;
}
