import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { AgentJobsError, JobDefinitionError, messageOf, systemCodeOf } from "../errors.js";
import type { LoadedJobFile } from "./loadJob.js";

/** A program to start: `${python}` resolved, the job file's folder as working directory, `envFile` read. */
export interface ProgramCall {
  file: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** The variable by which an editor hands on the interpreter that the person chose. */
export const pythonVariable = "AGENT_JOBS_PYTHON";

/** @throws JobDefinitionError AJ_JOB where `envFile` cannot be read or no Python is found */
export function resolveProgram(job: LoadedJobFile, program: readonly string[]): ProgramCall {
  const [file, ...args] = program.map((part) =>
    part.includes("${python}") ? part.replaceAll("${python}", findPython(job.folder)) : part,
  );
  return { file: file!, args, cwd: job.folder, env: withHelper(environmentOf(job)) };
}

/** The folder of `agent_jobs.py`, built beside this bundle. */
const helperFolder = join(__dirname, "python");

/** An environment in which Python finds the helper, behind what the person has on the path. */
function withHelper(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (!existsSync(helperFolder)) return env;
  const { PYTHONPATH } = env;
  if (PYTHONPATH?.split(delimiter).includes(helperFolder)) return env;
  return { ...env, PYTHONPATH: PYTHONPATH ? `${PYTHONPATH}${delimiter}${helperFolder}` : helperFolder };
}

/** This process's environment and, before it, what `envFile` says. @throws as `resolveProgram` does */
export function environmentOf(job: LoadedJobFile): NodeJS.ProcessEnv {
  return { ...process.env, ...readEnvFile(job) };
}

/** What the system lacks at the moment and may have again. */
const passing = new Set(["EAGAIN", "EMFILE", "ENFILE", "ENOMEM"]);

/** Whether a program that could not be started may well be started a little later. */
export const isPassing = (error: unknown): boolean => passing.has(systemCodeOf(error) ?? "");

/** Why a program could not be started, in terms of the job file's `worker` or `command`. */
export function startError(
  { file, args, cwd }: ProgramCall,
  member: "worker" | "command",
  error: unknown,
): AgentJobsError {
  const code = systemCodeOf(error);
  let why = messageOf(error);
  // Node says ENOENT of the program in both cases.
  if (!isFolder(cwd)) why = `its working directory ${cwd} is gone`;
  else if (code === "ENOENT") why = "there is no such program";
  else if (code === "EACCES") why = "it is not executable";
  const message = `\`${[file, ...args].join(" ")}\` could not be started: ${why}. What is done is kept. Check \`${member}\` in the job file, then run again.`;
  return new AgentJobsError("AJ_WORKER", message, { cause: error });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function readEnvFile({ definition, folder }: LoadedJobFile): Record<string, string | undefined> {
  if (!definition.envFile) return {};
  const path = resolve(folder, definition.envFile);
  try {
    return parseEnv(readFileSync(path, "utf8").replace(/^\uFEFF/, "")) as Record<string, string>;
  } catch (error) {
    throw new JobDefinitionError(
      `Cannot read the envFile ${path}: ${messageOf(error)}. Create it, or change \`envFile\`.`,
      { cause: error },
    );
  }
}

/** The editor's interpreter, else the nearest `.venv`, else `python3` or `python` on PATH. */
function findPython(folder: string): string {
  const chosen = process.env[pythonVariable];
  if (chosen) return chosen;
  const isWindows = process.platform === "win32";
  for (const place of projectFolders(folder)) {
    const own = join(place, ".venv", ...(isWindows ? ["Scripts", "python.exe"] : ["bin", "python"]));
    if (isExecutable(own)) return own;
  }
  const names = isWindows ? ["python.exe", "python3.exe"] : ["python3", "python"];
  for (const name of names)
    for (const place of (process.env.PATH ?? "").split(delimiter))
      if (place && isExecutable(join(place, name))) return join(place, name);
  throw new JobDefinitionError(
    "No Python was found for `${python}`: install Python 3, or put a `.venv` beside the job file.",
  );
}

/** A folder and those above it up to its repository; the folder alone where it is in none. */
function projectFolders(folder: string): string[] {
  const folders = [folder];
  for (let at = folder; !existsSync(join(at, ".git")); ) {
    const above = dirname(at);
    if (above === at) return [folder];
    at = above;
    folders.push(at);
  }
  return folders;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
