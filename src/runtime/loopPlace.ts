import { basename, dirname, join, resolve, sep } from "node:path";
import { JobDefinitionError } from "./errors.js";
import { fileStemOf, jobNameOf } from "./runner/jobPaths.js";

/** The job that a loop of a script is, and where its checkpoint lies. */
export interface LoopPlace {
  job: string;
  /** Absolute. */
  checkpoint: string;
}

/** Checkpoints that loops of this process have used, and what did their items. */
const used = new Map<string, unknown>();

/**
 * Where a loop keeps its checkpoint: as the caller says, as the command says that the script was launched by, else
 * `checkpoints/JOB.jsonl` beside the script.
 * @throws JobDefinitionError AJ_JOB where there is no script to name the job after
 */
export function loopPlace(
  given: { job?: string; checkpoint?: string },
  { script = process.argv[1], env = process.env }: { script?: string; env?: NodeJS.ProcessEnv } = {},
): LoopPlace {
  for (const [name, value] of Object.entries({ job: given.job, checkpoint: given.checkpoint }))
    if (value !== undefined && (typeof value !== "string" || value === ""))
      throw new TypeError(`Expected ${name} to be a string that is not empty, got \`${String(value)}\`.`);
  return placeOf(given, ownScript(script), env);
}

/**
 * Takes a checkpoint for the items that `fn` does. Another function must not go on with it in the same program: a
 * loop over models, or a second stage, would take the results of the first for its own.
 * @throws JobDefinitionError AJ_JOB
 */
export function claim({ checkpoint }: LoopPlace, fn: unknown): void {
  if (used.has(checkpoint) && used.get(checkpoint) !== fn)
    throw new JobDefinitionError(
      `Two loops of this program would share the checkpoint ${checkpoint}, and take each other's results for theirs. Give each a name: \`job: "extract"\`, \`job: "summarize"\`.`,
    );
  used.set(checkpoint, fn);
}

function placeOf(
  { job, checkpoint }: { job?: string; checkpoint?: string },
  script: string | undefined,
  env: NodeJS.ProcessEnv,
): LoopPlace {
  if (checkpoint !== undefined) {
    const path = resolve(checkpoint);
    return { job: job ?? jobNameOf(path), checkpoint: path };
  }
  const { AGENT_JOBS_JOB: launchedJob, AGENT_JOBS_CHECKPOINT: launched, AGENT_JOBS_RUN_PID: pid } = env;
  // Those of a program that launched this one are none of ours.
  if (launched && pid === String(process.ppid) && (job === undefined || job === launchedJob))
    return { job: launchedJob || jobNameOf(launched), checkpoint: resolve(launched) };
  const name = job ?? (script === undefined ? undefined : jobNameOf(script));
  if (name === undefined)
    throw new JobDefinitionError(
      'Expected a name for the job, as there is no script to name it after. Pass one: `job: "nightly"`.',
    );
  const folder = script === undefined ? process.cwd() : dirname(script);
  return { job: name, checkpoint: join(folder, "checkpoints", `${fileStemOf(name)}.jsonl`) };
}

/** The script that a person runs; a tool that runs it, out of a folder of packages, is none. */
function ownScript(path: string | undefined): string | undefined {
  if (path === undefined || path === "" || basename(path) === "") return undefined;
  const script = resolve(path);
  return script.includes(`${sep}node_modules${sep}`) ? undefined : script;
}
