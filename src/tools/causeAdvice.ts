import type { FailureCause } from "../runtime/failureCause.js";

interface Advice {
  means: string;
  /** Whether the same item may succeed without any change. */
  retryHelps: "yes" | "maybe" | "no";
  advice: string;
}

const byCause: Record<FailureCause, Advice> = {
  "rate-limit": {
    means: "The service had too many requests or tokens for now.",
    retryHelps: "yes",
    advice: "Try again later, or lower the job's concurrency.",
  },
  overloaded: {
    means: "The service could not answer for now (500, 503, 529).",
    retryHelps: "yes",
    advice: "Try again later.",
  },
  timeout: {
    means: "No answer came in time.",
    retryHelps: "maybe",
    advice: "Try again; if it stays so, raise the job's time limit or make items smaller.",
  },
  network: {
    means: "There was no connection, or it broke.",
    retryHelps: "yes",
    advice: "Check the connection, then try again.",
  },
  auth: {
    means: "The key, the permission or the account's credit does not allow the call.",
    retryHelps: "no",
    advice: "The person has to mend the key, the permission or the credit first.",
  },
  "bad-request": {
    means: "The service does not accept the request as it is.",
    retryHelps: "no",
    advice: "Mend how the job builds its request first.",
  },
  "context-too-long": {
    means: "The request is too large for the model or the service.",
    retryHelps: "no",
    advice: "Shorten or split these items, or use a model with a larger context.",
  },
  refused: {
    means: "The model, or the service's filter, declined.",
    retryHelps: "maybe",
    advice: "Look at these items; another prompt may help.",
  },
  "bad-reply": {
    means: "An answer came that the job cannot use, such as no JSON.",
    retryHelps: "maybe",
    advice: "Try again; if it stays so, ask for the format more strictly or parse more leniently.",
  },
  "worker-died": {
    means: "The process that did the item ended.",
    retryHelps: "maybe",
    advice: "Look at the item's log for why, memory above all.",
  },
  budget: {
    means: "The call was not made: the job's budget does not cover it.",
    retryHelps: "no",
    advice: "The person decides whether to raise the budget in the job file.",
  },
  bug: {
    means: "A mistake in the job's own code.",
    retryHelps: "no",
    advice: "Mend the code first.",
  },
  other: {
    means: "Nothing tells which kind it is.",
    retryHelps: "maybe",
    advice: "Read the message.",
  },
};

/** What a cause means and what helps; null for one that a job made up. */
export function adviceOn(cause: string): Advice | null {
  return Object.hasOwn(byCause, cause) ? byCause[cause as FailureCause] : null;
}
