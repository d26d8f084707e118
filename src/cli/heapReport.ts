import { basename, dirname } from "node:path";
import { reportPathOf } from "../runtime/store/memoryKills.js";

/**
 * Has Node leave a report beside the checkpoint where the heap is exhausted: such an end leaves no other trace that
 * the next run could read. The environment stays out of it, for it holds keys.
 */
export function reportExhaustedHeap(checkpoint: string): void {
  if (!process.report) return;
  const report = process.report as NodeJS.ProcessReport & { excludeEnv?: boolean; excludeNetwork?: boolean };
  report.directory = dirname(checkpoint);
  report.filename = basename(reportPathOf(checkpoint));
  report.compact = true;
  report.excludeNetwork = true;
  report.excludeEnv = true;
  report.reportOnFatalError = true;
}
