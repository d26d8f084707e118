import type { Eta } from "../runtime/state/eta.js";
import { etaOfRun, type RunEtaInput } from "../runtime/state/runEta.js";

/** An estimate is a simulation of a millisecond or more; of a job that grows all the time, one in two seconds is enough. */
const goodForMs = 1_900;
/** A long one of a run that has gone for long changes slowly: it is good for these parts of both, but no longer than so long. */
const shareOfLeft = 0.01;
const shareOfGone = 0.2;
const goodForAtMostMs = 10_000;

/** The estimate of one job's live run, made anew where the last one has grown old; until then it runs down. */
export class RecentEta {
  private last: { run: number; pace: number | undefined; atMs: number; eta: Eta } | undefined;

  readonly of = (input: RunEtaInput): Eta | null => {
    const { run, nowMs } = input;
    const agoMs = nowMs - (this.last?.atMs ?? Number.NEGATIVE_INFINITY);
    if (this.last?.run === run.run && agoMs >= 0 && agoMs < this.goodForMs(run)) {
      const { p50Ms, p90Ms } = this.last.eta;
      return { p50Ms: Math.max(0, p50Ms - agoMs), p90Ms: Math.max(0, p90Ms - agoMs) };
    }
    const eta = etaOfRun(input);
    this.last = eta ? { run: run.run, pace: run.pace?.n, atMs: nowMs, eta } : undefined;
    return eta;
  };

  private goodForMs({ pace, startedAtMs }: RunEtaInput["run"]): number {
    // With another word of the run on how fast it goes all is otherwise.
    if (!this.last || this.last.pace !== pace?.n) return goodForMs;
    const { atMs, eta } = this.last;
    const shareMs = Math.min(shareOfLeft * eta.p50Ms, shareOfGone * (atMs - startedAtMs));
    return Math.max(goodForMs, Math.min(goodForAtMostMs, shareMs));
  }
}
