import { existsSync, readFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { JobDefinitionError, messageOf } from "../errors.js";
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
  return { file: file!, args, cwd: job.folder, env: { ...process.env, ...readEnvFile(job) } };
}

function readEnvFile({ definition, folder }: LoadedJobFile): Record<string, string | undefined> {
  if (!definition.envFile) return {};
  const path = resolve(folder, definition.envFile);
  try {
    return parseEnv(readFileSync(path, "utf8")) as Record<string, string>;
  } catch (error) {
    throw new JobDefinitionError(
      `Cannot read the envFile ${path}: ${messageOf(error)}. Create it, or change \`envFile\`.`,
      { cause: error },
    );
  }
}

/** The editor's interpreter, else the folder's `.venv`, else `python3` or `python` on PATH. */
function findPython(folder: string): string {
  const chosen = process.env[pythonVariable];
  if (chosen) return chosen;
  const isWindows = process.platform === "win32";
  const own = join(folder, ".venv", ...(isWindows ? ["Scripts", "python.exe"] : ["bin", "python"]));
  if (existsSync(own)) return own;
  const names = isWindows ? ["python.exe", "python3.exe"] : ["python3", "python"];
  for (const name of names)
    for (const place of (process.env.PATH ?? "").split(delimiter))
      if (place && existsSync(join(place, name))) return join(place, name);
  throw new JobDefinitionError(
    "No Python was found for `${python}`: install Python 3, or put a `.venv` beside the job file.",
  );
}
