import type { ItemLog } from "./itemLog.js";
import { type ItemRunner, inProcess } from "./itemRunner.js";
import type { LoadedJobFile } from "./loadJob.js";
import { runStages, type stagesOf } from "./stages.js";
import { WorkerPool } from "./workerPool.js";

/** What does a job's items: its worker processes, its stages one after the other, or its `process`. */
export function runnerOf(job: LoadedJobFile, log: ItemLog, stages: ReturnType<typeof stagesOf>): ItemRunner {
  const { definition } = job;
  if (definition.worker) return new WorkerPool(job, log);
  if (stages) return inProcess((item, context) => runStages(stages, item, context));
  return inProcess(definition.process!.bind(definition) as never);
}
