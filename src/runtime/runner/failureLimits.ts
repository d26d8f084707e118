import type { RunEndReason } from "../format/record.js";

/** So many items in a row that may not ask the service, before any that may, and no further one is worth asking for. */
const authFailures = 3;
/** A share of failures says nothing before so many items have ended. */
const minEnded = 20;

/** Tells when so many items fail that going on makes no sense. */
export class FailureLimits {
  private done = 0;
  private failed = 0;
  private authFailed = 0;

  /** @param maxFailures a count, or a share of the items such as "10%" */
  constructor(private readonly maxFailures: number | `${number}%` | undefined) {}

  succeeded(): void {
    this.done++;
  }

  /** @returns why the run is to stop, and the words for it; undefined where it goes on */
  failedBy(cause: string): { reason: RunEndReason; detail: string } | undefined {
    this.failed++;
    if (cause === "auth") this.authFailed++;
    if (this.done === 0 && this.authFailed >= authFailures && this.authFailed === this.failed)
      return { reason: "auth", detail: `${this.failed} of ${this.failed} items failed by authentication` };
    if (!this.isTooMany()) return undefined;
    return {
      reason: "max-failures",
      detail: `${this.failed} items failed; maxFailures is ${this.maxFailures}`,
    };
  }

  private isTooMany(): boolean {
    const { maxFailures, failed, done } = this;
    if (maxFailures === undefined) return false;
    if (typeof maxFailures === "number") return failed >= maxFailures;
    const ended = failed + done;
    return ended >= minEnded && failed > (Number.parseFloat(maxFailures) / 100) * ended;
  }
}
