/**
 * Runs that outlive their terminal. The command that is typed settles all questions, then starts itself once more,
 * in a session of its own, and waits until that run has really begun.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fstatSync } from "node:fs";
import { relative } from "node:path";
import type { LoadedJobFile } from "../runtime/runner/loadJob.js";
import type { DoubtChoice } from "../runtime/runner/runOptions.js";
import { prepareFolder } from "../runtime/store/prepareFolder.js";
import { safeText } from "../view/text.js";
import { attachTo } from "./attach.js";
import { exit } from "./exitCodes.js";
import { openOutput, outputPathOf, outputSince } from "./output.js";
import { shellWord } from "./shellWord.js";
import { print, printJson, styled } from "./terminal.js";

const handedVariable = "AGENT_JOBS_DETACHED";

interface Settled {
  takeOver?: string;
  inDoubt?: DoubtChoice;
}

/** What the command that a person typed hands on to the run that it detached. */
export interface HandedOver extends Settled {
  /** Tells it that the run holds its job. */
  begun(token: string): void;
}

/** Undefined for a run that nobody detached. To be asked once: what the run starts itself is not detached by it. */
export function handedOver(): HandedOver | undefined {
  const text = process.env[handedVariable];
  if (text === undefined) return undefined;
  delete process.env[handedVariable];
  const begun = (token: string) => {
    // Whoever started it may be gone by now.
    process.send?.({ token }, undefined, undefined, () => {});
  };
  return { ...(JSON.parse(text) as Settled), begun };
}

interface Detached {
  pid: number;
  /** The lock's, which names the run. */
  token: string;
  output: string;
}

/** How the command was typed. */
interface Typed {
  path: string;
  /** Where: the paths of its arguments are relative to it. */
  folder: string;
  flags: { as?: string; checkpoint?: string; attach?: boolean; json?: boolean };
}

/**
 * Starts the run of a command on its own, once all questions are settled, and says how to find it.
 * @returns the exit code: with `--attach` the run's own, else 0 once it has begun
 */
export async function runDetached(job: LoadedJobFile, settled: Settled, typed: Typed): Promise<number> {
  const { path, folder, flags } = typed;
  const detached = await detach(job, settled, folder);
  if ("exitCode" in detached) return detached.exitCode;
  // A job file names all its labelled runs: the checkpoint names this one.
  const isOther = flags.as !== undefined || flags.checkpoint !== undefined;
  const name = isOther ? relative(folder, job.checkpoint) : path;
  tellDetached(job, detached, { name, folder, json: flags.json === true });
  if (!flags.attach) return exit.ok;
  const target = { checkpoint: job.checkpoint, jobFile: job.path, name: job.name, label: job.label };
  return attachTo(target, detached.token, flags);
}

/**
 * Starts the command of this process again as a run that has no terminal.
 * @returns the exit code of a run that ended before it began, once what it said was printed
 */
async function detach(
  job: LoadedJobFile,
  settled: Settled,
  folder: string,
): Promise<Detached | { exitCode: number }> {
  const output = outputPathOf(await prepareFolder(job.checkpoint));
  const file = openOutput(output);
  const fromBytes = fstatSync(file).size;
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, [...process.execArgv, ...argumentsFor(settled)], {
      cwd: folder,
      detached: true,
      windowsHide: true,
      stdio: ["ignore", file, file, "ipc"],
      env: { ...process.env, [handedVariable]: JSON.stringify(settled) },
    });
  } finally {
    closeSync(file);
  }
  const begun = await beginning(child);
  if ("token" in begun) {
    child.disconnect();
    child.unref();
    return { pid: child.pid!, token: begun.token, output };
  }
  process.stderr.write(outputSince(output, fromBytes).join("\n"));
  return begun;
}

/** Prints where the run is to be found from now on. */
function tellDetached(
  job: LoadedJobFile,
  { pid, output }: Detached,
  place: { name: string; folder: string; json: boolean },
): void {
  if (place.json) {
    printJson({ event: "run-detached", job: job.name, pid, checkpoint: job.checkpoint, output });
    return;
  }
  const name = styled("bold", safeText(job.label ? `${job.name} @ ${job.label}` : job.name));
  print(`${name} runs on its own now, as pid ${pid}: closing the terminal does not end it.`);
  print(`Follow it: agent-jobs attach ${shellWord(place.name)}`);
  print(`Stop it:   agent-jobs stop ${shellWord(place.name)}`);
  print(styled("dim", `Output: ${relative(place.folder, output)}`));
}

/** The arguments of this process, and what was settled. Nobody asks again. */
function argumentsFor({ inDoubt }: Settled): string[] {
  const given = process.argv.slice(1);
  const decided = ["--changed", "keep", ...(inDoubt ? ["--in-doubt", inDoubt] : [])];
  const end = given.indexOf("--");
  return given.toSpliced(end === -1 ? given.length : end, 0, ...decided);
}

function beginning(child: ChildProcess): Promise<{ token: string } | { exitCode: number }> {
  return new Promise((resolve, reject) => {
    // Who gives up before it began means the run. It is out of the terminal's reach already.
    const cancel = () => child.kill("SIGINT");
    process.on("SIGINT", cancel);
    const settle = (end: () => void) => {
      process.off("SIGINT", cancel);
      end();
    };
    child.once("error", (error) => settle(() => reject(error)));
    child.once("message", (message) => settle(() => resolve(message as { token: string })));
    child.once("exit", (code, signal) => {
      const exitCode = code ?? (signal === "SIGINT" ? exit.interrupted : exit.killed);
      const ended = () => settle(() => resolve({ exitCode }));
      // What it said last may still be on its way.
      if (child.connected) child.once("disconnect", ended);
      else ended();
    });
  });
}
