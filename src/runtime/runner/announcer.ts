import type { RunEvent } from "./events.js";

/** Tells a run's events to whoever started it: nothing after the end, and nothing to somebody who threw. */
export class Announcer {
  private isClosed = false;

  /** @param onThrown takes what `onEvent` threw; called once */
  constructor(
    private readonly onEvent: (event: RunEvent) => void,
    private readonly onThrown: (error: unknown) => void,
  ) {}

  readonly tell = (event: RunEvent): void => {
    if (this.isClosed) return;
    try {
      this.onEvent(event);
    } catch (error) {
      this.isClosed = true;
      this.onThrown(error);
    }
  };

  /** Also an attempt that goes on although it was left in doubt is not heard any more. */
  close(): void {
    this.isClosed = true;
  }
}
