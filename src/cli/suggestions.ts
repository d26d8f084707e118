/** What a person may want to type next. */
import { dirname, relative, resolve } from "node:path";
import { defaultAttempts } from "../runtime/config.js";
import { defaultCheckpointOf } from "../runtime/runner/jobPaths.js";
import type { JobState } from "../runtime/state/jobState.js";
import type { JobStatus, RunEnding } from "../runtime/state/status.js";
import { causesText, failedByCause } from "../view/progress.js";
import { plural } from "../view/text.js";
import { shellWord } from "./shellWord.js";
import type { Target } from "./targets.js";

/** Arguments of the commands that a person may want next, as they would be typed. */
export interface Suggestions {
  /** Of `run` and `retry`: the job and what chooses its checkpoint and input. Undefined where nobody knows the job file. */
  run: string | undefined;
  /** Of `failures`, `results` and `doubt`: where they read. */
  read: string;
}

/** A run in this process goes to its job's folder. */
const startFolder = process.cwd();

export const shortPath = (path: string): string => {
  const from = relative(startFolder, path);
  return from.length < path.length ? from : path;
};

export function suggestionsFor(
  { checkpoint, jobFile }: Pick<Target, "checkpoint" | "jobFile">,
  state: Pick<JobState, "jobFile" | "label">,
): Suggestions {
  const read = shellWord(shortPath(checkpoint));
  const file = jobFile ?? (state.jobFile === null ? null : resolve(dirname(checkpoint), state.jobFile));
  if (file === null) return { run: undefined, read };
  const isUsual = checkpoint === defaultCheckpointOf(file, state.label);
  const as = state.label === null ? "" : ` --as ${shellWord(state.label)}`;
  return {
    run: shellWord(shortPath(file)) + (isUsual ? as : ` --checkpoint ${read}${as}`),
    read,
  };
}

/** After these a retry would end as the run did, until that is seen to. */
const fruitless: ReadonlySet<RunEnding> = new Set(["budget", "auth"]);

/** How many items failed, by what, and where they are listed. */
export function failedLine(status: JobStatus, read: string, inThisRun = ""): string {
  return `${plural(status.failed, "item")} failed${inThisRun} (${causesText(status)}): agent-jobs failures ${read}`;
}

/** How to try the failed items again and no others; empty where that would come to nothing. */
export function retryLines(status: JobStatus, ended: RunEnding | undefined, run: string): string[] {
  if (status.failed === 0 || (ended !== undefined && fruitless.has(ended))) return [];
  const causes = failedByCause(status).map(([cause]) => cause);
  const likeliest = causes.find((cause) => cause in defaultAttempts) ?? causes[0]!;
  const some = causes.length > 1 ? ` (of one cause: --cause ${shellWord(likeliest)})` : "";
  return [`Only the failed: agent-jobs retry ${run}${some}`];
}
