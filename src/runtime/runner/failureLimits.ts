import type { RunEndReason } from "../format/record.js";
import { itemCount } from "./itemCount.js";

/** So many items in a row that may not ask the service, before any that may, and no further one is worth asking for. */
const authFailures = 3;
/** A share of failures says nothing before so many items have ended. */
const minEnded = 20;

/** How a run stands as an item fails. */
export interface Standing {
  /** The item's stage, where all items go through one before the next. */
  stage?: number;
  /** How many items are in flight, or wait to be tried again. */
  underWay?: number;
  /** How many items this run has begun, those that wait for their next stage included. */
  begun?: number;
}

/** Why a run is to stop, and the words for it. */
export interface FailureStop {
  reason: RunEndReason;
  detail: string;
}

/** How the items ended that went through one stage. */
interface StageCounts {
  passed: number;
  failed: number;
  authFailed: number;
}

/**
 * Tells when so many items fail that going on makes no sense. A share is of the items that were tried: those that are
 * under way may still succeed, and those that got through a stage have not failed, though they are not done. It is
 * held for each stage, so that one in which everything fails is noticed early, and for all of them together.
 */
export class FailureLimits {
  private failed = 0;
  private readonly stages = new Map<number, StageCounts>();

  /** @param maxFailures a count, or a share of the items such as "10%" */
  constructor(private readonly maxFailures: number | `${number}%` | undefined) {}

  /** An item is done, or has got through one of its stages. */
  succeeded(stage = 0): void {
    this.countsOf(stage).passed++;
  }

  /** @returns why the run is to stop; undefined where it goes on */
  failedBy(cause: string, { stage = 0, underWay = 0, begun }: Standing = {}): FailureStop | undefined {
    this.failed++;
    const counts = this.countsOf(stage);
    counts.failed++;
    if (cause === "auth") counts.authFailed++;
    const { passed, failed, authFailed } = counts;
    const tried = passed + failed + underWay;
    // One that takes longer because it may ask the service must have the time to show it.
    if (passed === 0 && authFailed >= authFailures && authFailed === failed && authFailed > underWay)
      return { reason: "auth", detail: `${failed} of ${itemCount(failed)} failed by authentication` };

    const { maxFailures } = this;
    if (typeof maxFailures === "number")
      return this.failed < maxFailures ? undefined : this.tooMany(`${itemCount(this.failed)} failed`);
    const begunSoFar = begun ?? tried;
    if (this.isOverShare(this.failed, begunSoFar, underWay))
      return this.tooMany(`${this.failed} of ${itemCount(begunSoFar)} failed`);
    if (this.isOverShare(failed, tried, underWay))
      return this.tooMany(`${failed} of ${itemCount(tried)} failed in stage ${stage + 1}`);
    return undefined;
  }

  private isOverShare(failed: number, tried: number, underWay: number): boolean {
    const { maxFailures } = this;
    if (typeof maxFailures !== "string") return false;
    return tried - underWay >= minEnded && failed > (Number.parseFloat(maxFailures) / 100) * tried;
  }

  private tooMany(what: string): FailureStop {
    return { reason: "max-failures", detail: `${what}; maxFailures is ${this.maxFailures}` };
  }

  private countsOf(stage: number): StageCounts {
    const counts = this.stages.get(stage) ?? { passed: 0, failed: 0, authFailed: 0 };
    this.stages.set(stage, counts);
    return counts;
  }
}
