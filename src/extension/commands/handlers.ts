import type * as vscode from "vscode";
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

/** A part for each thing that people do: of smaller ones each would have its own copy of what holds parts together. */
const acting = () => import("./acting.js");
const changing = () => import("./changing.js");
const showing = () => import("./showing.js");
const adding = () => import("./adding.js");

/** What each command does. */
export const handlers: Record<HandledId, Handler> = {
  [commandIds.run]: loaded(acting, "run"),
  [commandIds.resume]: loaded(acting, "resume"),
  [commandIds.stop]: loaded(acting, "stop"),
  [commandIds.repair]: loaded(changing, "repair"),
  [commandIds.acceptRepair]: loaded(changing, "acceptRepair"),
  [commandIds.clear]: loaded(changing, "clear"),
  [commandIds.retry]: loaded(acting, "retry"),
  [commandIds.debugItem]: loaded(() => import("../debugItem/debugItem.js"), "debugItem"),
  [commandIds.markDone]: loaded(changing, "markDone"),
  [commandIds.markAllDone]: loaded(changing, "markAllDone"),
  [commandIds.undo]: loaded(changing, "undo"),
  [commandIds.openJobFile]: loaded(showing, "openJobFile"),
  [commandIds.openCheckpoint]: loaded(showing, "openCheckpoint"),
  [commandIds.showFailures]: loaded(showing, "showFailures"),
  [commandIds.openResults]: loaded(showing, "openResults"),
  [commandIds.saveResults]: loaded(showing, "saveResults"),
  // Alone, since a person waits for a page beside it.
  [commandIds.openDashboard]: loaded(() => import("./openDashboard.js"), "openDashboard"),
  [commandIds.showItemLog]: loaded(showing, "showItemLog"),
  [commandIds.openLog]: loaded(showing, "openLog"),
  [commandIds.exportReport]: loaded(showing, "exportReport"),
  [commandIds.copyLink]: loaded(showing, "copyLink"),
  [commandIds.attach]: loaded(acting, "attach"),
  [commandIds.chooseOutliving]: loaded(acting, "chooseOutliving"),
  [commandIds.addPythonHelper]: loaded(adding, "addPythonHelper"),
  [commandIds.excludeCheckpoints]: loaded(adding, "exclude"),
  [commandIds.newJob]: loaded(adding, "createNewJob"),
  [commandIds.createExample]: loaded(adding, "createExample"),
  [commandIds.openWalkthrough]: loaded(adding, "openWalkthrough"),
  [commandIds.watchFile]: loaded(adding, "watchFile"),
  [commandIds.stopWatching]: loaded(adding, "stopWatching"),
  [commandIds.findItem]: loaded(showing, "findItem"),
  [commandIds.showOnlyNeedy]: ({ jobsView }) => jobsView.showOnlyNeedy(true),
  [commandIds.showAllJobs]: ({ jobsView }) => jobsView.showOnlyNeedy(false),
  [commandIds.refresh]: ({ catalog }) => catalog.refresh(),
  [innerCommandIds.openLine]: loaded(showing, "openLine"),
  [innerCommandIds.repairLine]: loaded(changing, "repairLine"),
  [innerCommandIds.showFailure]: loaded(showing, "showItem"),
  [innerCommandIds.showItem]: loaded(showing, "showItem"),
  [innerCommandIds.answerPlan]: ({ plans }, uri, answer) => plans.answer(uri as vscode.Uri, answer as string),
  [innerCommandIds.exampleStep]: loaded(adding, "exampleStep"),
  [innerCommandIds.showItemInput]: loaded(showing, "showItemInput"),
  [innerCommandIds.retryItem]: loaded(showing, "retryItem"),
  [innerCommandIds.settleTrial]: loaded(() => import("../debugItem/debugItem.js"), "settleTrial"),
};
