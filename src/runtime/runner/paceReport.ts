import { paceIntervalMs } from "../config.js";
import type { Session } from "../session/session.js";
import type { RunEvent } from "./events.js";
import type { RequestGate } from "./pacing/requestGate.js";

/** Tells and records how fast a run goes: at once where a pause begins, else at most once a second. */
export class PaceReport {
  private n = 0;
  private timer: NodeJS.Timeout | undefined;
  private lastMs = Number.NEGATIVE_INFINITY;
  private told = "";

  /** @param onError is told where the record could not be written */
  constructor(
    private readonly session: Session,
    private readonly gate: () => RequestGate,
    private readonly tell: (event: RunEvent) => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  changed(): void {
    const waitMs = this.gate().pause ? 0 : this.lastMs + paceIntervalMs - performance.now();
    if (waitMs <= 0) this.report();
    else this.timer ??= setTimeout(() => this.report(), waitMs);
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private report(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.lastMs = performance.now();
    const { pause, concurrency } = this.gate();
    const { allowed } = concurrency;
    const until = pause && Math.ceil((Date.now() + pause.ms) / 100) / 10;
    const name = `${allowed} ${until}`;
    if (name === this.told) return;
    this.told = name;
    const why = pause ? { cause: pause.cause } : {};
    this.tell({
      event: "pace",
      concurrency: allowed,
      ...(pause && { pauseMs: Math.ceil(pause.ms) }),
      ...why,
    });
    const record = { n: ++this.n, concurrency: allowed, ...(until !== undefined && { until }), ...why };
    this.session.recordPace(record).catch(this.onError);
  }
}
