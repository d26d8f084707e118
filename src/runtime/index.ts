/**
 * The public API of `agent-jobs`: job definitions, resumable sessions for loops of your own, and reading checkpoints.
 */

export {
  AgentJobsError,
  BadReplyError,
  BudgetError,
  CheckpointWriteError,
  DeadlineError,
  type ErrorCode,
  ItemsFailedError,
  JobDefinitionError,
  JobHeldError,
  RefusedError,
  StoppedError,
} from "./errors.js";
export type { ItemId } from "./format/itemId.js";
export type { Usage } from "./format/record.js";
export { type Limiter, type MapOptions, map } from "./map.js";
export {
  type CommandHook,
  defineJob,
  type Estimate,
  type FileItem,
  type FinishHook,
  type ItemContext,
  type JobDefinition,
  type OnSuccess,
  type Stage,
  type WebhookHook,
} from "./runner/defineJob.js";
export type { Limits } from "./runner/pacing/requestGate.js";
export { type ModelPrice, PriceList, type Prices } from "./runner/prices.js";
export type { RetryOptions } from "./runner/retryPolicy.js";
export { AgentResume } from "./session/agentResume.js";
export { Deadline, type DeadlineClock } from "./session/deadline.js";
export { LoopWatch } from "./session/loopWatch.js";
export type { SessionOptions } from "./session/openSession.js";
export type { ItemLike, Measures, Session } from "./session/session.js";
export {
  allOf,
  anyOf,
  custom,
  type LoopFigures,
  maxIterations,
  maxSeconds,
  maxTokens,
  maxUsd,
  noProgress,
  type StopCondition,
  type StopReason,
} from "./session/stopConditions.js";
export { JsonlStore } from "./store/jsonlStore.js";
export type { CheckpointStore, JobLog, LoadedJob, OpenOptions, StoreSupport } from "./store/store.js";
export { readUsage } from "./usage.js";
