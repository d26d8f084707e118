import type { JobView } from "./jobView.js";

/** What can be done with a job right now; menus, buttons and commands ask this and nothing else. */
export type Capability =
  | "runnable"
  | "resumable"
  | "stoppable"
  | "repairable"
  | "clearable"
  | "undoable"
  | "markable"
  | "retryable"
  | "openable"
  | "hasFailures"
  | "hasResults";

export interface CapabilityInput {
  /** Null for a job that never ran. */
  view: JobView | null;
  hasJobFile: boolean;
  /** A repair or a clear left a backup beside the checkpoint. Left out: nobody looked. */
  hasBackup?: boolean;
  /** False where a virtual or restricted workspace allows reading only. */
  trusted: boolean;
}

export function capabilitiesOf({ view, hasJobFile, hasBackup, trusted }: CapabilityInput): Set<Capability> {
  const can = new Set<Capability>();
  const progress = view?.status.progress ?? "empty";
  const live = progress === "running" || progress === "stalled";
  const hasFile = view !== null && (progress !== "empty" || view.scan.lines > 0);
  if (hasFile) can.add("openable");
  if (view && view.status.failed > 0) can.add("hasFailures");
  if (view && view.state.done.size > 0) can.add("hasResults");
  // Files of other tools are only read.
  if (!trusted || view?.foreign) return can;
  if (live && !view?.stopping) can.add("stoppable");
  if (!live && hasBackup) can.add("undoable");
  const touched = view !== null && (view.state.runs.size > 0 || view.state.done.size > 0);
  if (!live && hasJobFile && progress !== "unreadable") {
    const left = progress !== "finished";
    if (touched && left) can.add("resumable");
    if (!touched || !left) can.add("runnable");
    if (view && view.status.failed > 0 && !view.status.damaged) can.add("retryable");
  }
  if (!live && hasFile && progress !== "unreadable") {
    can.add("clearable");
    if (view.status.damaged || view.scan.tornTail) can.add("repairable");
    // Nothing is written over damage.
    if (view.status.inDoubt > 0 && !view.status.damaged) can.add("markable");
  }
  return can;
}
