import type * as vscode from "vscode";
import { messageOf } from "../runtime/errors.js";
import type { Log } from "./log.js";

/**
 * Registers a feature that not every editor can have: some that run extensions of VS Code lack parts of its API. What is
 * missing there costs that feature, and nothing else.
 */
export function optional<T extends vscode.Disposable>(
  context: vscode.ExtensionContext,
  log: Log,
  what: string,
  register: () => T,
): T | undefined {
  try {
    const registered = register();
    context.subscriptions.push(registered);
    return registered;
  } catch (error) {
    log.warn(`This editor has no ${what}: ${messageOf(error)}`);
    return undefined;
  }
}
