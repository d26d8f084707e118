import * as vscode from "vscode";
import type { Capability } from "../../view/capabilities.js";
import { excludeCheckpoints } from "../excludes/index.js";
import { commandIds, contextKeys, innerCommandIds } from "../ids.js";
import { reportFailure, unawaited } from "../log.js";
import { addPythonHelper } from "./addPythonHelper.js";
import { attach } from "./attach.js";
import { clear } from "./clear.js";
import { exportReport } from "./exportReport.js";
import { markAllDone, markDone } from "./markDone.js";
import { openCheckpoint, openLine } from "./openCheckpoint.js";
import { chooseOutliving } from "./outlive.js";
import { acceptRepair, repair, repairLine } from "./repair.js";
import { retry } from "./retry.js";
import { resume, run } from "./run.js";
import type { Handler, Services } from "./services.js";
import { showFailure, showFailures } from "./showFailures.js";
import { openLog, showItemLog } from "./showLog.js";
import { stop } from "./stop.js";
import { requireTrust } from "./target.js";
import { undo } from "./undo.js";
import { showItem, stopWatching, watchFile } from "./watch.js";

const handlers: Record<string, Handler> = {
  [commandIds.run]: run,
  [commandIds.resume]: resume,
  [commandIds.stop]: stop,
  [commandIds.repair]: repair,
  [commandIds.acceptRepair]: acceptRepair,
  [commandIds.clear]: clear,
  [commandIds.retry]: retry,
  [commandIds.markDone]: markDone,
  [commandIds.markAllDone]: markAllDone,
  [commandIds.undo]: undo,
  [commandIds.openCheckpoint]: openCheckpoint,
  [commandIds.showFailures]: showFailures,
  [commandIds.showItemLog]: showItemLog,
  [commandIds.openLog]: openLog,
  [commandIds.exportReport]: exportReport,
  [commandIds.attach]: attach,
  [commandIds.chooseOutliving]: chooseOutliving,
  [commandIds.addPythonHelper]: addPythonHelper,
  [commandIds.excludeCheckpoints]: () => {
    requireTrust();
    return excludeCheckpoints();
  },
  [commandIds.watchFile]: watchFile,
  [commandIds.stopWatching]: stopWatching,
  [commandIds.findItem]: async (...args) => (await import("../search/findItem.js")).findItem(...args),
  [commandIds.refresh]: ({ catalog }) => catalog.refresh(),
  [innerCommandIds.openLine]: openLine,
  [innerCommandIds.repairLine]: repairLine,
  [innerCommandIds.showFailure]: showFailure,
  [innerCommandIds.showItem]: showItem,
};

const keyOfCapability: Record<Capability, string> = {
  runnable: contextKeys.anyRunnable,
  resumable: contextKeys.anyResumable,
  stoppable: contextKeys.anyStoppable,
  repairable: contextKeys.anyRepairable,
  clearable: contextKeys.anyClearable,
  markable: contextKeys.anyMarkable,
  retryable: contextKeys.anyRetryable,
  openable: contextKeys.anyOpenable,
  hasFailures: contextKeys.anyFailures,
};

/** Registers all commands, and keeps the context keys that enable them in step with the jobs. */
export function registerCommands(services: Services): vscode.Disposable {
  const { catalog, log } = services;
  const commands = Object.entries(handlers).map(([id, handler]) =>
    vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        await handler(services, ...args);
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
  const followed = [catalog.onDidChangeJob(drawKeys), catalog.onDidChangeJobs(drawKeys)];
  return vscode.Disposable.from(...commands, ...followed);
}
