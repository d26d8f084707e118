import { messageOf } from "../runtime/errors.js";
import type { RunControl } from "../runtime/runner/runControl.js";

/**
 * The first Ctrl-C, SIGTERM or SIGHUP lets what is in flight finish; the second ends at once. Both can be resumed.
 * What a job leaves unhandled ends nothing: one bad item never stops the others.
 */
export function installSignals(control: RunControl, note: (message: string) => void): void {
  const take = (signal: NodeJS.Signals) => {
    const reason = signal === "SIGINT" ? "interrupted" : "terminated";
    if (control.stopping) control.abort(reason, signal);
    else control.stop(reason, signal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => take(signal));
  process.on("unhandledRejection", (error) =>
    note(`A promise of the job was rejected and nobody handled it: ${messageOf(error)}`),
  );
  process.on("uncaughtException", (error) => {
    note(`An error of the job was not caught, so the run stops: ${messageOf(error)}`);
    control.stop("error");
  });
}
