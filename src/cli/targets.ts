import { stat } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { glob } from "tinyglobby";
import { messageOf } from "../runtime/errors.js";
import { CheckpointScanner } from "../runtime/format/scan.js";
import { expectedCheckpoint, findCheckpoints } from "../runtime/runner/findCheckpoints.js";
import { isJobFile, jobNameOf } from "../runtime/runner/jobPaths.js";
import { createJobState } from "../runtime/state/jobState.js";
import { CheckpointFollower } from "../runtime/store/follow.js";
import { lookAtLock } from "../runtime/store/jsonlStore.js";
import { sniffCheckpoint } from "../runtime/store/sniff.js";
import { type JobView, jobView } from "../view/jobView.js";

/** One checkpoint that a command is about, and the job file where that was named. */
export interface Target {
  checkpoint: string;
  jobFile: string | null;
  name: string;
}

/** Files that are checkpoints wherever they lie, and job files, below a folder. */
const patterns = ["**/*.job.{ts,mts,js,mjs,json}", "**/checkpoints/*.{jsonl,ckpt}"];

/** The jobs that a path names: a job file's, a checkpoint itself, or all below a folder. */
export async function targetsOf(path: string): Promise<Target[]> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (found?.isDirectory()) return targetsIn(absolute);
  if (isJobFile(absolute) && found) return targetsOfJob(absolute);
  return [checkpointTarget(absolute)];
}

async function targetsOfJob(jobFile: string): Promise<Target[]> {
  const checkpoints = await findCheckpoints(jobFile);
  if (checkpoints.length === 0) checkpoints.push(await expectedCheckpoint(jobFile));
  return checkpoints.map((checkpoint) => ({ checkpoint, jobFile, name: jobNameOf(jobFile) }));
}

async function targetsIn(folder: string): Promise<Target[]> {
  const paths = await glob(patterns, {
    cwd: folder,
    absolute: true,
    ignore: ["**/node_modules/**"],
    dot: false,
  });
  const targets: Target[] = [];
  const taken = new Set<string>();
  for (const path of paths.filter(isJobFile).sort())
    for (const target of await targetsOfJob(path)) {
      taken.add(target.checkpoint);
      targets.push(target);
    }
  for (const path of paths.filter((p) => !isJobFile(p)).sort())
    if (!taken.has(resolve(path)) && (await sniffCheckpoint(path)) !== "binary")
      targets.push(checkpointTarget(resolve(path)));
  return targets;
}

function checkpointTarget(checkpoint: string): Target {
  return { checkpoint, jobFile: null, name: basename(checkpoint).replace(/\.(jsonl|ckpt|json)$/, "") };
}

/** Reads a target's state as it is now. What cannot be read is a view with an `error`. */
export async function readTarget(target: Target): Promise<JobView> {
  const shown = relative(process.cwd(), target.checkpoint) || target.checkpoint;
  const named = {
    checkpoint: shown.startsWith(`..${join("/")}`) ? target.checkpoint : shown,
    fallbackName: target.name,
  };
  try {
    const follower = new CheckpointFollower(target.checkpoint);
    await follower.refresh();
    const missing = !follower.exists && target.jobFile === null;
    return jobView({
      ...named,
      state: follower.state,
      scan: follower.summary(),
      ...(await lookAtLock(target.checkpoint)),
      nowMs: Date.now(),
      readError: missing ? `There is no file ${target.checkpoint}. Check the path.` : null,
    });
  } catch (error) {
    const scan = new CheckpointScanner().summary();
    return jobView({
      ...named,
      state: createJobState(),
      scan,
      holder: null,
      nowMs: Date.now(),
      readError: messageOf(error),
    });
  }
}
