import { FailedNode } from "./failed.js";
import { FaultsNode } from "./faults.js";
import { ForeignItemsNode } from "./foreignItems.js";
import { InDoubtNode } from "./inDoubt.js";
import type { JobNode } from "./jobNode.js";
import type { TreeNode } from "./node.js";
import { RunsNode } from "./runs.js";
import { StageNode, StepsNode } from "./stages.js";

/** The rows below a job's own: what of it a person may have to look at. @param neededOnly leaves out what needs nobody */
export function sectionsOf(parent: JobNode, neededOnly: boolean): TreeNode[] {
  const { view } = parent.job;
  if (!view || view.error !== null) return [];
  const { status, scan, state } = view;
  if (neededOnly)
    return [
      ...(status.failed > 0 && !view.foreign ? [new FailedNode(parent)] : []),
      ...(status.inDoubt > 0 && !view.foreign ? [new InDoubtNode(parent)] : []),
      ...(scan.damageCount > 0 ? [new FaultsNode(parent)] : []),
    ];
  return [
    ...status.stages.map((stage) => new StageNode(parent, stage)),
    ...(status.stages.length === 0 && state.steps.size > 0 ? [new StepsNode(parent)] : []),
    ...(status.failed > 0 ? [new FailedNode(parent)] : []),
    ...(status.inDoubt > 0
      ? [view.foreign ? new ForeignItemsNode(parent, "open") : new InDoubtNode(parent)]
      : []),
    ...(scan.faultCount > 0 ? [new FaultsNode(parent)] : []),
    ...(state.runs.size > 0 ? [new RunsNode(parent)] : []),
    ...(view.foreign && status.done > 0 ? [new ForeignItemsNode(parent, "done")] : []),
  ];
}
