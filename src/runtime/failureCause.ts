/** Why an attempt failed, in the terms by which failures are grouped and retried. */
export type FailureCause =
  | "rate-limit" // too many requests or tokens for now
  | "overloaded" // the service cannot for now: 500, 503, 529
  | "timeout" // no answer in time, also where the job itself gave up waiting
  | "network" // no connection, or one that broke
  | "auth" // the key, the permission or the account's credit does not allow the call
  | "bad-request" // the service does not accept the request
  | "context-too-long" // the request is too large for the model or the service
  | "refused" // the model, or the service's filter, declines
  | "bad-reply" // an answer came, but not one that can be used
  | "worker-died" // the process that did the item ended
  | "budget" // the call was not made: the job's budget does not cover it
  | "bug" // a mistake in the job's own code
  | "other";
