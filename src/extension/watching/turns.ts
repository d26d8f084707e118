/**
 * Hands out turns of the event loop, one at a time: whoever has work to do in pieces asks before each. Without, the pieces
 * of all files whose bytes have come would be worked on in one go, and everybody else in the extension host would wait.
 */
export class Turns {
  private readonly waiting: (() => void)[] = [];

  /** Resolves when it is the caller's turn, which lasts until it awaits something else. */
  readonly next = (): Promise<void> =>
    new Promise((resolve) => {
      this.waiting.push(resolve);
      if (this.waiting.length === 1) setImmediate(this.give);
    });

  private readonly give = (): void => {
    this.waiting.shift()?.();
    if (this.waiting.length > 0) setImmediate(this.give);
  };
}
