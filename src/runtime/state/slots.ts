/** When each slot of a simulated schedule is free, milliseconds from now: a binary heap, the first to be free on top. */
export class Slots {
  private readonly times: number[] = [];
  /** When the last item ends that was given to any slot. */
  last = 0;

  get size(): number {
    return this.times.length;
  }

  /** A slot at work until then. */
  addBusy(time: number): void {
    this.addIdle(time);
    this.last = Math.max(this.last, time);
  }

  /** A slot that is there from then on. */
  addIdle(time: number): void {
    const { times } = this;
    let at = times.push(time) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && times[parent]! > time; parent = (at - 1) >> 1) {
      times[at] = times[parent]!;
      at = parent;
    }
    times[at] = time;
  }

  /** Gives the slot that is free first something to do. */
  extendFirst(ms: number): void {
    const time = this.times[0]! + ms;
    this.replaceFirst(time);
    this.last = Math.max(this.last, time);
  }

  /** Takes away the slot that is free first: nothing is begun on it any more. */
  removeFirst(): void {
    const time = this.times.pop();
    if (time !== undefined && this.times.length > 0) this.replaceFirst(time);
  }

  private replaceFirst(time: number): void {
    const { times } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < times.length && times[child + 1]! < times[child]!) child++;
      if (child >= times.length || times[child]! >= time) break;
      times[at] = times[child]!;
      at = child;
    }
    times[at] = time;
  }
}
