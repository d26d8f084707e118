import type { RunEndReason } from "../format/record.js";

/** Lets others end a run: in order first, at once after that. */
export class RunControl {
  private readonly abortion = new AbortController();
  private stopped: { reason: RunEndReason; signal?: string } | undefined;
  private listeners: (() => void)[] = [];

  /** Aborted when the run must end at once. */
  get signal(): AbortSignal {
    return this.abortion.signal;
  }

  /** Why no further item is begun; undefined while the run goes on. */
  get stopping(): { reason: RunEndReason; signal?: string } | undefined {
    return this.stopped;
  }

  /** Finishes what is in flight and ends. The first reason counts. */
  stop(reason: RunEndReason, signal?: string): void {
    if (this.stopped) return;
    this.stopped = { reason, ...(signal !== undefined && { signal }) };
    for (const listener of this.listeners) listener();
  }

  /** Ends at once; what is in flight stays in doubt. */
  abort(reason: RunEndReason, signal?: string): void {
    this.stop(reason, signal);
    this.abortion.abort(new DOMException("The run was ended at once.", "AbortError"));
  }

  onStop(listener: () => void): void {
    this.listeners.push(listener);
  }
}
