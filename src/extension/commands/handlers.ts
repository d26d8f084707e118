import { commandIds, innerCommandIds } from "../ids.js";
import type { Handler } from "./services.js";

/** A command that has work of its own here: all but the tree's. */
export type HandledId =
  | (typeof commandIds)[keyof typeof commandIds]
  | Exclude<(typeof innerCommandIds)[keyof typeof innerCommandIds], typeof innerCommandIds.loadMore>;

/** A handler that is loaded when it is called for the first time: most windows call few. */
function loaded<Name extends string>(load: () => Promise<Record<Name, Handler>>, name: Name): Handler {
  return async (...args) => (await load())[name](...args);
}

/** What each command does. */
export const handlers: Record<HandledId, Handler> = {
  [commandIds.run]: loaded(() => import("./run.js"), "run"),
  [commandIds.resume]: loaded(() => import("./run.js"), "resume"),
  [commandIds.stop]: loaded(() => import("./stop.js"), "stop"),
  [commandIds.repair]: loaded(() => import("./repair.js"), "repair"),
  [commandIds.acceptRepair]: loaded(() => import("./repair.js"), "acceptRepair"),
  [commandIds.clear]: loaded(() => import("./clear.js"), "clear"),
  [commandIds.retry]: loaded(() => import("./retry.js"), "retry"),
  [commandIds.debugItem]: loaded(() => import("../debugItem/debugItem.js"), "debugItem"),
  [commandIds.markDone]: loaded(() => import("./markDone.js"), "markDone"),
  [commandIds.markAllDone]: loaded(() => import("./markDone.js"), "markAllDone"),
  [commandIds.undo]: loaded(() => import("./undo.js"), "undo"),
  [commandIds.openCheckpoint]: loaded(() => import("./openCheckpoint.js"), "openCheckpoint"),
  [commandIds.showFailures]: loaded(() => import("./showFailures.js"), "showFailures"),
  [commandIds.openDashboard]: loaded(() => import("./openDashboard.js"), "openDashboard"),
  [commandIds.showItemLog]: loaded(() => import("./showLog.js"), "showItemLog"),
  [commandIds.openLog]: loaded(() => import("./showLog.js"), "openLog"),
  [commandIds.exportReport]: loaded(() => import("./exportReport.js"), "exportReport"),
  [commandIds.copyLink]: loaded(() => import("./copyLink.js"), "copyLink"),
  [commandIds.attach]: loaded(() => import("./attach.js"), "attach"),
  [commandIds.chooseOutliving]: loaded(() => import("./outlive.js"), "chooseOutliving"),
  [commandIds.addPythonHelper]: loaded(() => import("./addPythonHelper.js"), "addPythonHelper"),
  [commandIds.excludeCheckpoints]: loaded(() => import("./excludeCheckpoints.js"), "exclude"),
  [commandIds.newJob]: loaded(() => import("../firstSteps/newJob.js"), "createNewJob"),
  [commandIds.createExample]: loaded(() => import("../firstSteps/example.js"), "createExample"),
  [commandIds.openWalkthrough]: loaded(() => import("../firstSteps/openWalkthrough.js"), "openWalkthrough"),
  [commandIds.watchFile]: loaded(() => import("./watch.js"), "watchFile"),
  [commandIds.stopWatching]: loaded(() => import("./watch.js"), "stopWatching"),
  [commandIds.findItem]: loaded(() => import("../search/findItem.js"), "findItem"),
  [commandIds.showOnlyNeedy]: ({ jobsView }) => jobsView.showOnlyNeedy(true),
  [commandIds.showAllJobs]: ({ jobsView }) => jobsView.showOnlyNeedy(false),
  [commandIds.refresh]: ({ catalog }) => catalog.refresh(),
  [innerCommandIds.openLine]: loaded(() => import("./openCheckpoint.js"), "openLine"),
  [innerCommandIds.repairLine]: loaded(() => import("./repair.js"), "repairLine"),
  [innerCommandIds.showFailure]: loaded(() => import("./showItem.js"), "showItem"),
  [innerCommandIds.showItem]: loaded(() => import("./showItem.js"), "showItem"),
  [innerCommandIds.exampleStep]: loaded(() => import("../firstSteps/example.js"), "exampleStep"),
  [innerCommandIds.showItemInput]: loaded(() => import("./showItem.js"), "showItemInput"),
  [innerCommandIds.retryItem]: loaded(() => import("./showItem.js"), "retryItem"),
  [innerCommandIds.settleTrial]: loaded(() => import("../debugItem/debugItem.js"), "settleTrial"),
};
