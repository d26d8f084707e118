import { messageOf } from "../runtime/errors.js";
import { exit } from "./exitCodes.js";
import { printError } from "./terminal.js";

/** What nobody caught before a run took care of such things: Node would print it as it is, keys and all. */
function crash(error: unknown): void {
  printError(
    `An error was thrown that nobody caught: ${messageOf(error)}. Nothing was changed. Mend the job file.`,
  );
  process.exit(exit.usage);
}

export function catchCrashes(): void {
  process.on("uncaughtException", crash).on("unhandledRejection", crash);
}

/** From here on somebody else does. */
export function letGoOfCrashes(): void {
  process.off("uncaughtException", crash).off("unhandledRejection", crash);
}
