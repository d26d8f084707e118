import * as vscode from "vscode";
import { messageOf } from "../runtime/errors.js";
import { redact } from "../runtime/redact.js";
import { labelText, safeLines } from "../view/text.js";

/** The extension's output channel. What is written to it may come from files and models. */
export interface Log extends vscode.Disposable {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  show(): void;
}

export function createLog(): Log {
  const channel = vscode.window.createOutputChannel("Agent Jobs", { log: true });
  // Further lines are set in, so that none passes for an entry of its own.
  const safe = (message: string) => safeLines(redact(message)).join("\n    ");
  return {
    info: (message) => channel.info(safe(message)),
    warn: (message) => channel.warn(safe(message)),
    error: (message) => channel.error(safe(message)),
    show: () => channel.show(),
    dispose: () => channel.dispose(),
  };
}

/** Runs a promise that nobody awaits; a failure goes to the log. */
export function unawaited(log: Log, what: string, promise: PromiseLike<unknown>): void {
  promise.then(undefined, (error: unknown) => log.error(`${what}: ${messageOf(error)}`));
}

/** Tells a person that what they asked for failed, and the log why. */
export function reportFailure(log: Log, what: string, error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  log.error(`${what}: ${messageOf(error)}${stack && `\n${stack}`}`);
  const open = vscode.l10n.t("Show Log");
  unawaited(
    log,
    "message",
    vscode.window.showErrorMessage(labelText(messageOf(error)), open).then((answer) => {
      if (answer === open) log.show();
    }),
  );
}
