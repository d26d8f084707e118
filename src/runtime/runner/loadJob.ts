import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { JobDefinitionError, messageOf, systemCodeOf } from "../errors.js";
import type { JobDefinition } from "./defineJob.js";
import { checkDefinition } from "./definition.js";
import { parseExactly } from "./exactJson.js";
import { checkLabel, defaultCheckpointOf, isJobFile, jobNameOf, labelledCheckpoint } from "./jobPaths.js";
import { loadedFiles, registerLoaderHooks } from "./loaderHooks.js";
import { sourcesOf, sourcesOfProgram } from "./sources.js";

/** A job file that was loaded and checked. All paths are absolute. */
export interface LoadedJobFile {
  path: string;
  name: string;
  folder: string;
  label: string | null;
  checkpoint: string;
  definition: JobDefinition;
  /** The job file and the local files that it imports, by path relative to its folder: SHA-256, hex. */
  sources?: Record<string, string>;
}

export interface LoadOptions {
  /** The bundled runtime that job files import. */
  runtimePath: string;
  label?: string | null;
  /** Instead of the definition's checkpoint; relative to the working directory. */
  checkpoint?: string;
}

/**
 * Loads a job file, which runs its code where it is TypeScript or JavaScript.
 * @throws JobDefinitionError AJ_JOB where it is missing, ambiguous, broken, or defines no job
 */
export async function loadJob(path: string, options: LoadOptions): Promise<LoadedJobFile> {
  const file = resolve(path);
  await assertOneJobFile(file);
  const definition = checkDefinition(
    file.endsWith(".json") ? await readJson(file) : await importDefault(file, options.runtimePath),
    path,
  );
  const folder = dirname(file);
  const sources = file.endsWith(".json")
    ? await sourcesOfProgram(file, folder, definition)
    : await sourcesOf(file, folder, [file, ...loadedFiles()]);
  const label = options.label == null ? null : checkLabel(options.label);
  const own = definition.checkpoint && labelledCheckpoint(definition.checkpoint, label);
  const checkpoint = options.checkpoint
    ? resolve(options.checkpoint)
    : own
      ? resolve(folder, own)
      : defaultCheckpointOf(file, label);
  return { path: file, name: jobNameOf(file), folder, label, checkpoint, definition, sources };
}

async function assertOneJobFile(file: string): Promise<void> {
  const found = await stat(file).catch((error: unknown) => {
    if (systemCodeOf(error) === "ENOENT")
      throw new JobDefinitionError(`There is no job file ${file}. Check the path.`, { cause: error });
    throw new JobDefinitionError(`Cannot read the job file ${file}: ${messageOf(error)}. Make it readable.`, {
      cause: error,
    });
  });
  if (!found.isFile())
    throw new JobDefinitionError(
      `${file} is a ${found.isDirectory() ? "directory" : "special file"}, not a job file. Name a file such as nightly.job.ts.`,
    );
  if (/\.(jsonl|ckpt)$/.test(file))
    throw new JobDefinitionError(
      `${file} is a checkpoint or data, not a job file. Nothing was run. Name its NAME.job.ts.`,
    );
  if (!isJobFile(file)) return;
  const siblings = (await readdir(dirname(file))).filter(
    (name) => isJobFile(name) && jobNameOf(name) === jobNameOf(file),
  );
  if (siblings.length > 1)
    throw new JobDefinitionError(
      `${siblings.sort().join(" and ")} in ${dirname(file)} would share one checkpoint: rename or remove all but one.`,
    );
}

async function readJson(file: string): Promise<unknown> {
  try {
    return parseExactly((await readFile(file, "utf8")).replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new JobDefinitionError(`${file} is not JSON: ${messageOf(error)}. Mend it, then run again.`, {
      cause: error,
    });
  }
}

async function importDefault(file: string, runtimePath: string): Promise<unknown> {
  if (sep === "/" && file.includes("\\"))
    throw new JobDefinitionError(
      `Cannot load ${file}: Node imports no file with a backslash in its path. Rename the file or the folder.`,
    );
  registerLoaderHooks(runtimePath);
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(file).href)) as { default?: unknown };
  } catch (error) {
    const where = error instanceof Error ? firstOwnFrame(error, file) : "";
    throw new JobDefinitionError(
      `Cannot load ${file}${where}: ${sentence(messageOf(error))} Mend it, then run again; nothing was run.`,
      { cause: error },
    );
  }
  const value = module.default;
  // A CommonJS file's `exports.default = …` arrives one level down.
  return value !== null && typeof value === "object" && "default" in value ? value.default : value;
}

const sentence = (text: string): string => (/[.!?]\s*$/.test(text) ? text : `${text}.`);

/** ` (line 12)` where the error came from the job file itself. */
function firstOwnFrame(error: Error, file: string): string {
  const frame = (error.stack ?? "")
    .split("\n")
    .find((line) => line.includes(join(dirname(file), basename(file))));
  const line = frame && /:(\d+):\d+\)?$/.exec(frame)?.[1];
  return line ? ` (line ${line})` : "";
}
