import { messageOf } from "../runtime/errors.js";
import type { RunControl } from "../runtime/runner/runControl.js";
import { letGoOfCrashes } from "./crash.js";

/** How long items in flight may go on after an error that nobody caught. */
const uncaughtGraceMs = 10_000;

/**
 * The first Ctrl-C, SIGTERM or SIGHUP lets what is in flight finish; the second ends at once. Both can be resumed.
 * What a job leaves unhandled ends nothing: one bad item never stops the others.
 * @param isDetached the run has no terminal that could be closed: SIGHUP is not for it
 */
export function installSignals(
  control: RunControl,
  note: (message: string) => void,
  isDetached = false,
): void {
  letGoOfCrashes();
  let first: NodeJS.Signals | undefined;
  const take = (signal: NodeJS.Signals) => {
    if (isDetached && signal === "SIGHUP") return;
    const reason = signal === "SIGINT" ? "interrupted" : "terminated";
    if (first === undefined) {
      first = signal;
      // A stop by request, or a spent budget, is nobody's second Ctrl-C.
      if (control.stopping)
        note("Already stopping, once what is in flight has finished. Once more ends at once.");
      control.stop(reason, signal);
    } else if (signal !== "SIGHUP" || first !== "SIGHUP") control.abort(reason, signal);
    // A closed terminal sends SIGHUP from the system and from its shell: that is one wish.
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => take(signal));
  process.on("unhandledRejection", (error) =>
    note(
      `A promise of the job was rejected and nobody handled it: ${messageOf(error)}. The run goes on; await it in the job file.`,
    ),
  );
  process.on("uncaughtException", (error) => {
    note(
      `An error of the job was not caught, so the run stops: ${messageOf(error)}. What is done is kept. Mend the job file, then run again.`,
    );
    control.stop("error");
    // The item that threw may never settle; what else is in flight gets a while.
    setTimeout(() => control.abort("error"), uncaughtGraceMs);
  });
}
