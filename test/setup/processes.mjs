// Runs programs one after another for test/dev.mjs, and lets none of them outlive it.
import { spawn } from "node:child_process";
import { constants } from "node:os";

const windows = process.platform === "win32";
const PARENT_CHECK_MS = 300;
const alive = new Set();
let interruptedBy;

/** The shell in which npm runs a script; without npm, whoever started us. */
const parent = process.ppid;
const underNpm = process.env.npm_lifecycle_event !== undefined && !windows;

/**
 * Hands a signal on, but never a second one: a job takes a second as "stop at once". A signal to the whole group, as a
 * terminal sends it, has reached a child of this group already. That it went to the whole group shows in npm's shell:
 * SIGTERM and SIGHUP end it, and a Ctrl-C never comes otherwise (the shell keeps a SIGINT to itself).
 */
function handOn(signal) {
  for (const child of alive) {
    if (child.ownGroup) killGroup(child.pid, signal);
    else if (!underNpm && signal === "SIGTERM")
      child.kill(signal); // a terminal's signals go to the whole group
    else if (underNpm && signal !== "SIGINT")
      setTimeout(() => process.ppid === parent && child.kill(signal), PARENT_CHECK_MS);
  }
}

let armed = false;

/** With the first program that is run: every test file is bundled with a copy of this, and most run none. */
function arm() {
  if (armed) return;
  armed = true;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      interruptedBy ??= signal;
      handOn(signal);
      if (alive.size === 0) process.exit(signalExitCode(signal));
    });
  }
  process.on("exit", () => {
    for (const child of alive) killGroup(child.pid, "SIGKILL");
  });
  if (underNpm) endWithNpm();
}

/** A signal to npm alone ends npm and its shell, and nothing announces that here. */
function endWithNpm() {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    if (interruptedBy) return;
    interruptedBy = "SIGTERM";
    for (const child of alive) {
      if (child.ownGroup) killGroup(child.pid, "SIGTERM");
      else child.kill("SIGTERM");
    }
  }, PARENT_CHECK_MS).unref();
}

/** Ends a process and everything in the group that it leads. */
export function killGroup(pid, signal) {
  if (pid === undefined) return;
  try {
    process.kill(windows ? pid : -pid, signal);
  } catch {
    // Nothing of that group is left.
  }
}

export function signalExitCode(signal) {
  return 128 + (constants.signals[signal] ?? 0);
}

/** The signal that asks this process to end, if one came. */
export function interruption() {
  return interruptedBy;
}

/**
 * Runs a program to its end and gives its exit code, 128 + n after signal n.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env] the whole environment; by default this process's
 * @param {string | URL} [options.cwd] by default the working directory, which dev.mjs makes the root of the project
 * @param {import("node:child_process").StdioOptions} [options.stdio] by default inherited
 * @param {boolean} [options.ownGroup] give it a process group, and end what is left of that group when it has ended
 * @param {boolean} [options.shell]
 * @returns {Promise<number>}
 */
export async function run(command, args, options = {}) {
  arm();
  if (interruptedBy) return signalExitCode(interruptedBy);
  const { ownGroup = false, cwd, stdio = "inherit", env = process.env, shell = false } = options;
  const child = spawn(command, args, { cwd, stdio, env, shell, detached: ownGroup && !windows });
  child.ownGroup = ownGroup && !windows;
  alive.add(child);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(signal ? signalExitCode(signal) : (code ?? 1)));
    });
  } finally {
    alive.delete(child);
    if (child.ownGroup) killGroup(child.pid, "SIGKILL");
  }
}

/** Like run, but an exit code other than 0 throws. */
export async function mustRun(command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) throw new Error(`${[command, ...args].join(" ")} ended with exit code ${code}.`);
}

/** npm, by the path of its program where npm started us: on Windows `npm` is a script that spawn cannot run. */
export function npm(args, options = {}) {
  const cli = process.env.npm_execpath;
  if (cli?.endsWith(".js")) return mustRun(process.execPath, [cli, ...args], options);
  return mustRun("npm", args, { shell: windows, ...options });
}
