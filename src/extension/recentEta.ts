import type { Eta } from "../runtime/state/eta.js";
import { etaOfRun, type RunEtaInput } from "../runtime/state/runEta.js";

/** An estimate is a simulation of a millisecond or two; of a job that grows all the time, one in two seconds is enough. */
const goodForMs = 1_900;

/** The estimate of one job's live run, made anew where the last one has grown old; until then it runs down. */
export class RecentEta {
  private last: { run: number; atMs: number; eta: Eta } | undefined;

  readonly of = (input: RunEtaInput): Eta | null => {
    const { run, nowMs } = input;
    const agoMs = nowMs - (this.last?.atMs ?? Number.NEGATIVE_INFINITY);
    if (this.last?.run === run.run && agoMs >= 0 && agoMs < goodForMs) {
      const { p50Ms, p90Ms } = this.last.eta;
      return { p50Ms: Math.max(0, p50Ms - agoMs), p90Ms: Math.max(0, p90Ms - agoMs) };
    }
    const eta = etaOfRun(input);
    this.last = eta ? { run: run.run, atMs: nowMs, eta } : undefined;
    return eta;
  };
}
