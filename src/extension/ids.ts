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
  debugItem: "agentJobs.debugItem",
  markDone: "agentJobs.markDone",
  markAllDone: "agentJobs.markAllDone",
  undo: "agentJobs.undo",
  openCheckpoint: "agentJobs.openCheckpoint",
  openJobFile: "agentJobs.openJobFile",
  showFailures: "agentJobs.showFailures",
  openResults: "agentJobs.openResults",
  saveResults: "agentJobs.saveResults",
  openDashboard: "agentJobs.openDashboard",
  showItemLog: "agentJobs.showItemLog",
  openLog: "agentJobs.openLog",
  exportReport: "agentJobs.exportReport",
  copyLink: "agentJobs.copyLink",
  attach: "agentJobs.attach",
  chooseOutliving: "agentJobs.chooseOutliving",
  addPythonHelper: "agentJobs.addPythonHelper",
  excludeCheckpoints: "agentJobs.excludeCheckpoints",
  newJob: "agentJobs.newJob",
  createExample: "agentJobs.createExample",
  openWalkthrough: "agentJobs.openWalkthrough",
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
  exampleStep: "agentJobs.exampleStep",
  showItemInput: "agentJobs.showItemInput",
  retryItem: "agentJobs.retryItem",
  settleTrial: "agentJobs.settleTrial",
  answerPlan: "agentJobs.answerPlan",
} as const;

export const walkthroughId = "agentJobs.firstSteps";

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
  anyResults: "agentJobs.anyResults",
  /** The walkthrough was opened, and VS Code knows its steps. */
  walkthroughOpen: "agentJobs.walkthroughOpen",
  // What the walkthrough ticks off: each is true once it really happened.
  firstJob: "agentJobs.firstJob",
  firstRun: "agentJobs.firstRun",
  firstKill: "agentJobs.firstKill",
  firstResume: "agentJobs.firstResume",
  firstRetry: "agentJobs.firstRetry",
  firstRepair: "agentJobs.firstRepair",
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
  extendTerminal: "extendTerminal",
} as const;

/** What VS Code names the dashboards by, to restore them. */
export const dashboardViewType = "agentJobs.dashboard";

/** Scheme of the read-only documents that show a checkpoint as its repair would leave it. */
export const repairedScheme = "agent-jobs-repaired";

/** Scheme of the read-only documents that show an item's lines of the log. */
export const itemLogScheme = "agent-jobs-log";

/** Scheme of the read-only documents that show what a run would do. */
export const planScheme = "agent-jobs-plan";

/** Scheme of the read-only documents that show all that is known of an item. */
export const itemScheme = "agent-jobs-item";

/** Scheme of the read-only documents that show results. */
export const resultsScheme = "agent-jobs-results";

/** Scheme of the read-only documents that show failures. */
export const failuresScheme = "agent-jobs-failures";

/** Tools for language models, by the name that they have in every place where they are offered. */
export const toolIds = {
  list_jobs: "agentJobs_list_jobs",
  explain_failures: "agentJobs_explain_failures",
  preview_resume: "agentJobs_preview_resume",
  resume_job: "agentJobs_resume_job",
  retry_failed: "agentJobs_retry_failed",
  repair_checkpoint: "agentJobs_repair_checkpoint",
} as const;

/** What offers our MCP server to the editor. */
export const mcpProviderId = "agentJobs.mcp";
