import type { RunEndReason } from "../format/record.js";

export interface Stopping {
  reason: RunEndReason;
  signal?: string;
  detail?: string;
}

/** Lets others end a run: in order first, at once after that. */
export class RunControl {
  private readonly abortion = new AbortController();
  private stopped: Stopping | undefined;
  private listeners: (() => void)[] = [];

  /** Aborted when the run must end at once. */
  get signal(): AbortSignal {
    return this.abortion.signal;
  }

  /** Why no further item is begun; undefined while the run goes on. */
  get stopping(): Stopping | undefined {
    return this.stopped;
  }

  /**
   * Finishes what is in flight and ends. The first reason counts.
   * @param detail which condition or limit it was, with its figures
   */
  stop(reason: RunEndReason, signal?: string, detail?: string): void {
    if (this.stopped) return;
    const told = { ...(signal !== undefined && { signal }), ...(detail !== undefined && { detail }) };
    this.stopped = { reason, ...told };
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
