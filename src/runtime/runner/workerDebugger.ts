/** How a Python worker is run under a debugger that waits for it. */
import { JobDefinitionError } from "../errors.js";

const python = /^(\$\{python\}|(.*[\\/])?(python|pypy)[\d.]*w?(\.exe)?)$/i;
/** Options of Python that take the next argument. */
const takesNext = new Set(["-W", "-X"]);

/** Whether a worker's program is a Python interpreter. */
export const isPythonWorker = (worker: readonly string[] | undefined): boolean =>
  worker !== undefined && worker.length > 1 && python.test(worker[0]!);

/**
 * The same worker, which first connects to a debugger and waits until that lets it go on.
 * @param address where the debugger listens, `HOST:PORT`
 * @throws JobDefinitionError AJ_JOB where it is no Python program, or the address is none
 */
export function debugpyWorker(worker: readonly string[], address: string): string[] {
  if (!isPythonWorker(worker))
    throw new JobDefinitionError(
      `Cannot debug the worker \`${worker.join(" ")}\` with debugpy: it is not run by a Python interpreter. Nothing was begun.`,
    );
  if (!/^[\w.:[\]-]+:\d{1,5}$/.test(address))
    throw new JobDefinitionError(
      `Expected --debugpy to be HOST:PORT, got \`${address}\`. Nothing was begun.`,
    );
  const [interpreter, ...args] = worker as [string, ...string[]];
  let at = 0;
  // Options of the interpreter come before what it runs, which `-m` and `-c` name as debugpy does itself.
  while (at < args.length && args[at]!.startsWith("-") && args[at] !== "-m" && args[at] !== "-c")
    at += takesNext.has(args[at]!) ? 2 : 1;
  const connect = ["-Xfrozen_modules=off", "-m", "debugpy", "--connect", address, "--wait-for-client"];
  return [interpreter, ...args.slice(0, at), ...connect, ...args.slice(at)];
}
