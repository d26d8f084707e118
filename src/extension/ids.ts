/** Every id that package.json contributes or that code shares with it; a test holds the two against each other. */

export const extensionId = "agent-jobs.agent-jobs";
export const jobsViewId = "agentJobs.jobs";
export const taskType = "agentJob";

/** Commands that package.json contributes, so that a person can find them. */
export const commandIds = {
  run: "agentJobs.run",
  resume: "agentJobs.resume",
  stop: "agentJobs.stop",
  repair: "agentJobs.repair",
  acceptRepair: "agentJobs.acceptRepair",
  clear: "agentJobs.clear",
  retry: "agentJobs.retry",
  markDone: "agentJobs.markDone",
  markAllDone: "agentJobs.markAllDone",
  undo: "agentJobs.undo",
  openCheckpoint: "agentJobs.openCheckpoint",
  showFailures: "agentJobs.showFailures",
  showItemLog: "agentJobs.showItemLog",
  openLog: "agentJobs.openLog",
  exportReport: "agentJobs.exportReport",
  attach: "agentJobs.attach",
  chooseOutliving: "agentJobs.chooseOutliving",
  addPythonHelper: "agentJobs.addPythonHelper",
  excludeCheckpoints: "agentJobs.excludeCheckpoints",
  watchFile: "agentJobs.watchFile",
  stopWatching: "agentJobs.stopWatching",
  findItem: "agentJobs.findItem",
  showOnlyNeedy: "agentJobs.showOnlyNeedy",
  showAllJobs: "agentJobs.showAllJobs",
  refresh: "agentJobs.refresh",
} as const;

/** Commands that only our own rows, lenses and fixes call. */
export const innerCommandIds = {
  loadMore: "agentJobs.loadMore",
  openLine: "agentJobs.openLine",
  repairLine: "agentJobs.repairLine",
  showFailure: "agentJobs.showFailure",
  showItem: "agentJobs.showItem",
} as const;

/** Keys of `when` clauses. Each of `any…` is true while at least one job can do it. */
export const contextKeys = {
  scanned: "agentJobs.scanned",
  /** The tree shows only what needs a person. */
  onlyNeedy: "agentJobs.onlyNeedy",
  /** There are jobs, and the tree shows none, as none needs a person. */
  nothingNeedy: "agentJobs.nothingNeedy",
  anyRunnable: "agentJobs.anyRunnable",
  anyResumable: "agentJobs.anyResumable",
  anyStoppable: "agentJobs.anyStoppable",
  anyRepairable: "agentJobs.anyRepairable",
  anyClearable: "agentJobs.anyClearable",
  anyMarkable: "agentJobs.anyMarkable",
  anyRetryable: "agentJobs.anyRetryable",
  anyOpenable: "agentJobs.anyOpenable",
  anyFailures: "agentJobs.anyFailures",
} as const;

export const settingsSection = "agentJobs";

/** Settings, without the section. */
export const settingIds = {
  jobFiles: "jobFiles",
  checkpoints: "checkpoints",
  resultFiles: "resultFiles",
  watched: "watched",
  exclude: "exclude",
  nodePath: "nodePath",
  notifications: "notifications",
  badge: "badge",
  statusBar: "statusBar",
  outliveWindow: "outliveWindow",
  planBeforeRun: "planBeforeRun",
  offerExcludes: "offerExcludes",
} as const;

/** Scheme of the read-only documents that show a checkpoint as its repair would leave it. */
export const repairedScheme = "agent-jobs-repaired";

/** Scheme of the read-only documents that show an item's lines of the log. */
export const itemLogScheme = "agent-jobs-log";

/** Scheme of the read-only documents that show what a run would do. */
export const planScheme = "agent-jobs-plan";

/** Scheme of the read-only documents that show what another tool's file says of an item. */
export const itemScheme = "agent-jobs-item";

/** Scheme of the read-only documents that show failures. */
export const failuresScheme = "agent-jobs-failures";
