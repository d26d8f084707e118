/** Every default and limit of the runtime, with its unit in its name. */

/** Version of the checkpoint format that this runtime writes; a file of a higher one is only read. */
export const formatVersion = 1;

/** A record, and so a line, is at most this long; a larger result fails its item. */
export const maxRecordBytes = 64 * 1024 * 1024;

/** How many bytes a reader asks for at a time. */
export const readChunkBytes = 256 * 1024;

/** How many bytes of a file decide whether it is a checkpoint at all. */
export const sniffBytes = 4096;

/** A live lock's modification time is renewed this often. */
export const lockRenewIntervalMs = 5_000;

/** A lock of another host or process namespace counts as held until it went unrenewed for this long. */
export const foreignLockExpiryMs = 90_000;

/** A lock file without readable content is being written, unless it is older than this. */
export const lockWriteGraceMs = 5_000;

/** How often a run looks for a stop request. */
export const stopPollIntervalMs = 250;

/** How often whoever follows a run reads what is new of its checkpoint. */
export const followIntervalMs = 200;

/** How often whoever follows a run looks whether its process lives, which may cost a process. */
export const lockLookIntervalMs = 1_000;

/** A job's items are worked on one at a time unless the job says otherwise. */
export const defaultConcurrency = 1;

/** `map` works on so many items at a time unless its caller says otherwise; as `amap` of agent_jobs.py does. */
export const defaultMapConcurrency = 32;

/** How many processes share a worker job's items unless the job says otherwise. */
export const defaultWorkers = 1;

/** How long workers may take to end once their standard input is closed, before SIGTERM and then SIGKILL. */
export const workerGraceMs = 5_000;

/** A worker that ended without an answer is replaced after this long, and after twice as long each time again. */
export const workerRestartDelayMs = 250;

/** A worker that ends this often in a row without answering anything will never answer. */
export const maxFruitlessStarts = 5;

/** How long what a worker wrote may take to arrive after its end, where something else keeps its output open. */
export const workerOutputGraceMs = 1_000;

/** Of what a worker writes beside its replies, this much a second is logged; what is over is counted. */
export const maxWorkerLogBytesPerSecond = 1024 * 1024;

/** A log of items' lines is rotated at this size; one older file is kept. */
export const maxLogBytes = 10 * 1024 * 1024;

/** Who reads a log takes this much of a line; a writer may have written more. */
export const maxLogLineBytes = 16 * 1024;

/** An error's message and stack are cut at this many characters in a record. */
export const maxErrorChars = 8_000;

/** How many of the newest durations an estimate of the remaining time draws from. */
export const durationSampleSize = 400;

/** A live run without a record for max(this, 5 × the 95th percentile of item time) is stalled. */
export const stalledAfterMs = 60_000;

/** Who looks at a run every few seconds, and could not for this long, takes it that the machine slept. */
export const sleepAfterMs = 30_000;

/** So many of the newest sleeps are kept: an item in flight may have gone on through all of them. */
export const maxSleeps = 100;

/** How often an item is tried in all, by the cause of its failures; once by any other. Both SDKs' retries are off. */
export const defaultAttempts = {
  "rate-limit": 8,
  overloaded: 8,
  timeout: 4,
  network: 4,
  "worker-died": 4,
} as const;

/** The longest wait before the first retry; it doubles with each. */
export const defaultRetryBaseDelayMs = 1_000;

/** No wait between attempts is longer, unless the service asks for it. */
export const defaultRetryMaxDelayMs = 60_000;

/** A service that asks to wait for longer is taken to be mistaken. */
export const maxRetryAfterMs = 24 * 60 * 60 * 1_000;

/** A deadline whose signal is in use looks at the clock at least this often: a machine that slept wakes late. */
export const deadlinePollIntervalMs = 1_000;
/** In which spans of time requests and tokens per minute are held. */
export const defaultRateWindowMs = 60_000;

/** How long items in flight may go on once somebody asked the run to stop; what has not ended then is in doubt. */
export const defaultStopGraceMs = 25_000;

/** How long an attempt whose signal was aborted may take to end; then the run goes on without it. */
export const abandonAfterMs = 2_000;

/** How long a command of `onFinish` may take; then SIGTERM, and SIGKILL after the grace. */
export const finishHookTimeoutMs = 60_000;
export const finishHookGraceMs = 2_000;

/** How long a webhook of `onFinish` may take to answer, each time. */
export const webhookTimeoutMs = 10_000;

/** How long to wait before a webhook is tried again. */
export const webhookRetryDelaysMs: readonly number[] = [1_000, 4_000];

/** A timer for longer than this fires at once. */
export const maxTimerMs = 2 ** 31 - 1;

/** A run tells of a changed pace at most this often. */
export const paceIntervalMs = 1_000;

/** A signal of an item's progress is passed on at most this often. */
export const progressIntervalMs = 1_000;
