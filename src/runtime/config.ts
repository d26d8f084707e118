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

/** How many processes share a worker job's items unless the job says otherwise. */
export const defaultWorkers = 1;

/** How long workers may take to end once their standard input is closed, before SIGTERM and then SIGKILL. */
export const workerGraceMs = 5_000;

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
