import { debugItem, settleTrial } from "../debugItem/debugItem.js";
import { excludeCheckpoints } from "../excludes/index.js";
import { createExample, exampleStep } from "../firstSteps/example.js";
import { createNewJob } from "../firstSteps/newJob.js";
import { openWalkthrough } from "../firstSteps/openWalkthrough.js";
import { commandIds, innerCommandIds } from "../ids.js";
import { addPythonHelper } from "./addPythonHelper.js";
import { attach } from "./attach.js";
import { clear } from "./clear.js";
import { copyLink } from "./copyLink.js";
import { exportReport } from "./exportReport.js";
import { markAllDone, markDone } from "./markDone.js";
import { openCheckpoint, openLine } from "./openCheckpoint.js";
import { openDashboard } from "./openDashboard.js";
import { chooseOutliving } from "./outlive.js";
import { acceptRepair, repair, repairLine } from "./repair.js";
import { retry } from "./retry.js";
import { resume, run } from "./run.js";
import type { Handler } from "./services.js";
import { showFailures } from "./showFailures.js";
import { retryItem, showItem, showItemInput } from "./showItem.js";
import { openLog, showItemLog } from "./showLog.js";
import { stop } from "./stop.js";
import { requireTrust } from "./target.js";
import { undo } from "./undo.js";
import { stopWatching, watchFile } from "./watch.js";

/** A command that has work of its own here: all but the tree's. */
export type HandledId =
  | (typeof commandIds)[keyof typeof commandIds]
  | Exclude<(typeof innerCommandIds)[keyof typeof innerCommandIds], typeof innerCommandIds.loadMore>;

/** What each command does. Loaded with the first that is called: most windows call few. */
export const handlers: Record<HandledId, Handler> = {
  [commandIds.run]: run,
  [commandIds.resume]: resume,
  [commandIds.stop]: stop,
  [commandIds.repair]: repair,
  [commandIds.acceptRepair]: acceptRepair,
  [commandIds.clear]: clear,
  [commandIds.retry]: retry,
  [commandIds.debugItem]: debugItem,
  [commandIds.markDone]: markDone,
  [commandIds.markAllDone]: markAllDone,
  [commandIds.undo]: undo,
  [commandIds.openCheckpoint]: openCheckpoint,
  [commandIds.showFailures]: showFailures,
  [commandIds.openDashboard]: openDashboard,
  [commandIds.showItemLog]: showItemLog,
  [commandIds.openLog]: openLog,
  [commandIds.exportReport]: exportReport,
  [commandIds.copyLink]: copyLink,
  [commandIds.attach]: attach,
  [commandIds.chooseOutliving]: chooseOutliving,
  [commandIds.addPythonHelper]: addPythonHelper,
  [commandIds.excludeCheckpoints]: () => {
    requireTrust();
    return excludeCheckpoints();
  },
  [commandIds.newJob]: createNewJob,
  [commandIds.createExample]: createExample,
  [commandIds.openWalkthrough]: openWalkthrough,
  [commandIds.watchFile]: watchFile,
  [commandIds.stopWatching]: stopWatching,
  [commandIds.findItem]: async (...args) => (await import("../search/findItem.js")).findItem(...args),
  [commandIds.showOnlyNeedy]: ({ jobsView }) => jobsView.showOnlyNeedy(true),
  [commandIds.showAllJobs]: ({ jobsView }) => jobsView.showOnlyNeedy(false),
  [commandIds.refresh]: ({ catalog }) => catalog.refresh(),
  [innerCommandIds.openLine]: openLine,
  [innerCommandIds.repairLine]: repairLine,
  [innerCommandIds.showFailure]: showItem,
  [innerCommandIds.showItem]: showItem,
  [innerCommandIds.exampleStep]: exampleStep,
  [innerCommandIds.showItemInput]: showItemInput,
  [innerCommandIds.retryItem]: retryItem,
  [innerCommandIds.settleTrial]: settleTrial,
};
