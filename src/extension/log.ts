import * as vscode from "vscode";
import { messageOf } from "../runtime/errors.js";

export type Log = vscode.LogOutputChannel;

export function createLog(): Log {
  return vscode.window.createOutputChannel("Agent Jobs", { log: true });
}

/** Runs a promise that nobody awaits; a failure goes to the log. */
export function unawaited(log: Log, what: string, promise: PromiseLike<unknown>): void {
  promise.then(undefined, (error: unknown) => log.error(`${what}: ${messageOf(error)}`));
}

/** Tells a person that what they asked for failed, and the log why. */
export function reportFailure(log: Log, what: string, error: unknown): void {
  log.error(`${what}: ${messageOf(error)}`, error instanceof Error ? (error.stack ?? "") : "");
  const open = vscode.l10n.t("Show Log");
  unawaited(
    log,
    "message",
    vscode.window.showErrorMessage(messageOf(error), open).then((answer) => {
      if (answer === open) log.show();
    }),
  );
}
