import * as vscode from "vscode";
import type { Capability } from "../../view/capabilities.js";
import { commandIds, contextKeys, innerCommandIds } from "../ids.js";
import { reportFailure, unawaited } from "../log.js";
import { type HandledId, handlers } from "./handlers.js";
import type { Services } from "./services.js";

/** The tree registers its own. */
const { loadMore: _, ...innerIds } = innerCommandIds;
const ids: HandledId[] = [...Object.values(commandIds), ...Object.values(innerIds)];

/** Undo has none: it also brings back what no job knows any more. */
const keyOfCapability: Record<Exclude<Capability, "undoable">, string> = {
  runnable: contextKeys.anyRunnable,
  resumable: contextKeys.anyResumable,
  stoppable: contextKeys.anyStoppable,
  repairable: contextKeys.anyRepairable,
  clearable: contextKeys.anyClearable,
  markable: contextKeys.anyMarkable,
  retryable: contextKeys.anyRetryable,
  openable: contextKeys.anyOpenable,
  hasFailures: contextKeys.anyFailures,
  hasResults: contextKeys.anyResults,
};

/** Registers all commands, and keeps the context keys that enable them in step with the jobs. */
export function registerCommands(services: Services): vscode.Disposable {
  const { catalog, log } = services;
  const commands = ids.map((id) =>
    vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        await handlers[id](services, ...args);
      } catch (error) {
        reportFailure(log, id, error);
      }
    }),
  );
  const known = new Map<string, boolean>();
  const drawKeys = () => {
    const can = new Set(catalog.jobs.flatMap((job) => [...job.capabilities(vscode.workspace.isTrusted)]));
    for (const [capability, key] of Object.entries(keyOfCapability)) {
      const value = can.has(capability as Capability);
      if (known.get(key) === value) continue;
      known.set(key, value);
      unawaited(log, key, vscode.commands.executeCommand("setContext", key, value));
    }
  };
  return vscode.Disposable.from(...commands, catalog.onDidChangeAny(drawKeys));
}
