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
  private readonly listeners: (() => void)[] = [];
  private readonly askListeners: ((asked: Stopping) => void)[] = [];

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
    const told = { ...(signal !== undefined && { signal }), ...(detail !== undefined && { detail }) };
    const asked = { reason, ...told };
    if (!this.stopped) {
      this.stopped = asked;
      for (const listener of this.listeners) listener();
    }
    for (const listener of this.askListeners) listener(asked);
  }

  /** Ends at once; what is in flight stays in doubt. */
  abort(reason: RunEndReason, signal?: string): void {
    this.stop(reason, signal);
    this.abortion.abort(new DOMException("The run was ended at once.", "AbortError"));
  }

  onStop(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Tells of each stop, also of those that come while the run stops already. */
  onEachStop(listener: (asked: Stopping) => void): void {
    this.askListeners.push(listener);
  }
}
