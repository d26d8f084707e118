import type { Dashboards } from "../dashboard/dashboards.js";
import type { RepairPreviews } from "../editor/repairPreviews.js";
import type { ItemLogDocuments } from "../itemLog/itemLogDocument.js";
import type { ItemDocuments } from "../items/itemDocuments.js";
import type { JobCatalog } from "../jobCatalog.js";
import type { Log } from "../log.js";
import type { PlanDocuments } from "../planDocuments.js";
import type { JobTasks } from "../tasks/index.js";
import type { Outliving } from "../tasks/outliving.js";
import type { JobsView } from "../tree/index.js";
import type { JobTree } from "../tree/jobTree.js";

/** What commands work with. */
export interface Services {
  readonly catalog: JobCatalog;
  readonly tasks: JobTasks;
  readonly outliving: Outliving;
  readonly tree: JobTree;
  readonly jobsView: JobsView;
  readonly previews: RepairPreviews;
  readonly itemLogs: ItemLogDocuments;
  readonly plans: PlanDocuments;
  readonly dashboards: Dashboards;
  readonly items: ItemDocuments;
  readonly log: Log;
}

/** A command's work; what it throws is told to the person. */
export type Handler = (services: Services, ...args: unknown[]) => unknown;
