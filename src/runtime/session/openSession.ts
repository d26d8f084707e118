import { hostname } from "node:os";
import type { BudgetLimits } from "../format/record.js";
import { latestRun } from "../state/jobState.js";
import { lossRecord } from "../state/lostRun.js";
import type { CheckpointStore, JobLog, OpenOptions } from "../store/store.js";
import { OperationCache } from "./operationCache.js";
import { Session } from "./session.js";

export interface SessionOptions extends Omit<OpenOptions, "onRecord"> {
  concurrency?: number;
  /** What results depend on; recorded with the run. */
  params?: unknown;
  /** Files that the job was loaded from: SHA-256 by path. */
  sources?: Record<string, string>;
  /** Names of the job's stages, in order. */
  stages?: string[];
  /** What the job may spend in all; recorded with the run. */
  budget?: BudgetLimits;
}

export interface OpenedSession {
  session: Session;
  cache: OperationCache;
  log: JobLog;
}

/** Takes a job and begins a run: the next number, and its first record, written before anything else. */
export async function openSession(
  store: CheckpointStore,
  job: string,
  options: SessionOptions = {},
): Promise<OpenedSession> {
  const cache = new OperationCache();
  const { concurrency, params, sources, stages, budget, ...open } = options;
  const log = await store.open(job, { ...open, onRecord: ({ record }) => cache.take(record) });
  try {
    const run = (latestRun(log.state)?.run ?? 0) + 1;
    const start = { type: "run-started" as const, atMs: Date.now(), run, pid: process.pid, host: hostname() };
    const known = {
      ...(concurrency !== undefined && { concurrency }),
      ...(params !== undefined && { params }),
      ...(sources && { sources }),
      ...(stages && { stages }),
      ...(budget && { budget }),
    };
    const lost = lossRecord(log.state, log.lost, start.atMs);
    // The run's own record first: what follows a tear tells whether a crash was survived.
    await log.append([{ ...start, token: log.token, ...known }, ...(lost ? [lost] : [])], "synced");
    return { session: new Session(log, run), cache, log };
  } catch (error) {
    await log.close();
    throw error;
  }
}
