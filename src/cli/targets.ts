import { stat } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { glob } from "tinyglobby";
import { messageOf } from "../runtime/errors.js";
import { foreignFileGlobs } from "../runtime/foreign/fileNames.js";
import type { ReadAs } from "../runtime/foreign/scannerFor.js";
import { isForeignKind } from "../runtime/format/foreignKinds.js";
import { CheckpointScanner } from "../runtime/format/scan.js";
import { expectedCheckpoint, findCheckpoints } from "../runtime/runner/findCheckpoints.js";
import { checkLabel, defaultCheckpointOf, isJobFile, jobNameOf } from "../runtime/runner/jobPaths.js";
import { createJobState } from "../runtime/state/jobState.js";
import { shownByOthers } from "../runtime/store/companions.js";
import { CheckpointFollower, type FollowOptions } from "../runtime/store/follow.js";
import { lookAtLock } from "../runtime/store/lockHolder.js";
import { sniffCheckpoint } from "../runtime/store/sniff.js";
import { type JobView, jobView } from "../view/jobView.js";
import { CommandError, exit } from "./exitCodes.js";

/** One checkpoint that a command is about, and the job file where that was named. */
export interface Target {
  checkpoint: string;
  jobFile: string | null;
  name: string;
  /** Of its runs, where its job file was named; null for unlabelled ones. */
  label: string | null;
  /** How another tool's file is to be read, where a person said so. */
  readAs?: ReadAs;
}

/** Files that are checkpoints wherever they lie, and job files, below a folder. */
const patterns = ["**/*.job.{ts,mts,js,mjs,json}", "**/checkpoints/*.{jsonl,ckpt}"];

/** Scripts whose loops keep a checkpoint, under the script's name unless they say otherwise. */
const script = /\.(?:py|ipynb|[cm]?[jt]s)$/;

/** Of the runs of a job file. */
export interface Which {
  /** Only those with this label. */
  label?: string | undefined;
  /** Also those that were cleared, of which a backup is left. */
  cleared?: boolean | undefined;
}

/**
 * The jobs that a path names: a job file's, a script's, a checkpoint itself, or all below a folder.
 * @throws CommandError exit 2 where there is no run with the label
 */
export async function targetsOf(path: string, which: Which = {}): Promise<Target[]> {
  const { label } = which;
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (found?.isDirectory()) return labelled(path, await targetsIn(absolute, which), label);
  if (isJobFile(absolute) && found) return labelled(path, await targetsOfJob(absolute, which), label);
  if (label === undefined)
    return [checkpointTarget((found && (await checkpointOfScript(absolute))) || absolute)];
  throw new CommandError(
    exit.usage,
    `--as chooses among the runs of a job file, and ${path} is ${found ? "none" : "not there"}. Name the job file, or a checkpoint without --as.`,
  );
}

/** Where a script's loop has its checkpoint, if it has one under the script's name. */
async function checkpointOfScript(path: string): Promise<string | undefined> {
  if (!script.test(path)) return undefined;
  const checkpoint = defaultCheckpointOf(path);
  return (await stat(checkpoint).catch(() => undefined))?.isFile() ? checkpoint : undefined;
}

/** The jobs that several paths name, each once. @throws as `targetsOf` does */
export async function allTargetsOf(paths: readonly string[], which: Which = {}): Promise<Target[]> {
  return distinct((await Promise.all(paths.map((path) => targetsOf(path, which)))).flat());
}

export function distinct(targets: readonly Target[]): Target[] {
  const byCheckpoint = new Map(targets.map((target) => [target.checkpoint, target]));
  return [...byCheckpoint.values()];
}

function labelled(path: string, targets: Target[], label: string | undefined): Target[] {
  if (label === undefined) return targets;
  const wanted = checkLabel(label);
  const chosen = targets.filter((target) => target.label === wanted);
  if (chosen.length > 0) return chosen;
  const labels = labelsOf(targets);
  throw new CommandError(
    exit.usage,
    `${path} has no run labelled ${label}: ${labels.length > 0 ? `there are ${labels.join(", ")}` : "none has a label"}.`,
  );
}

/** Each label once, in order. */
export function labelsOf(targets: readonly Target[]): string[] {
  return [...new Set(targets.flatMap((target) => target.label ?? []))].sort();
}

async function targetsOfJob(jobFile: string, { cleared }: Which): Promise<Target[]> {
  const found = await findCheckpoints(jobFile, cleared);
  if (found.length === 0) found.push({ path: await expectedCheckpoint(jobFile), label: null });
  const name = jobNameOf(jobFile);
  return found.map(({ path, label }) => ({ checkpoint: path, jobFile, name, label }));
}

async function targetsIn(folder: string, which: Which): Promise<Target[]> {
  const options = { cwd: folder, absolute: true, ignore: ["**/node_modules/**"], dot: false };
  // A folder of checkpoints may be named itself.
  const own = basename(folder) === "checkpoints" ? ["*.{jsonl,ckpt}"] : [];
  const paths = await glob([...patterns, ...own], options);
  for (const path of await glob([...foreignFileGlobs], options))
    if (!paths.includes(path) && isForeignKind(await sniffCheckpoint(path))) paths.push(path);
  const hidden = await shownByOthers(paths.map((path) => resolve(path)));
  const targets: Target[] = [];
  const taken = new Set<string>();
  for (const path of paths.filter(isJobFile).sort())
    for (const target of await targetsOfJob(path, which)) {
      taken.add(target.checkpoint);
      targets.push(target);
    }
  for (const path of paths.filter((p) => !isJobFile(p)).sort())
    if (!taken.has(resolve(path)) && !hidden.has(resolve(path)) && (await sniffCheckpoint(path)) !== "binary")
      targets.push(checkpointTarget(resolve(path)));
  return targets;
}

function checkpointTarget(checkpoint: string): Target {
  const name = basename(checkpoint).replace(/\.(jsonl(\.out)?|ckpt|json)$/, "");
  return { checkpoint, jobFile: null, name, label: null };
}

/**
 * Reads a target's state as it is now. What cannot be read is a view with an `error`.
 * @param watch hears of the records as they are read; or what has read the target before, and reads on from there
 */
export async function readTarget(
  target: Target,
  watch: FollowOptions | CheckpointFollower = {},
): Promise<JobView> {
  const shown = relative(process.cwd(), target.checkpoint) || target.checkpoint;
  const named = {
    checkpoint: shown.startsWith(`..${join("/")}`) ? target.checkpoint : shown,
    fallbackName: target.name,
  };
  try {
    const readAs = target.readAs ? { readAs: target.readAs } : {};
    const follower =
      watch instanceof CheckpointFollower
        ? watch
        : new CheckpointFollower(target.checkpoint, { ...watch, ...readAs });
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
