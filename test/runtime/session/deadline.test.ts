import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { DeadlineError } from "../../../src/runtime/errors.js";
import { Deadline, type DeadlineClock } from "../../../src/runtime/session/deadline.js";

/** A clock that is moved by hand, and a machine that may sleep: then timers stand still while the clock may go on. */
class HandClock implements DeadlineClock {
  now = 5_000;
  readonly asked: number[] = [];
  private timers: { callback: () => void; leftMs: number }[] = [];

  nowMs = () => this.now;
  wake(callback: () => void, ms: number): () => void {
    this.asked.push(ms);
    const timer = { callback, leftMs: ms };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }
  get waiting(): number {
    return this.timers.length;
  }
  /** The machine is awake for so long, and its clock counts `clockMs` of it. */
  pass(ms: number, clockMs = ms): void {
    let leftMs = ms;
    while (leftMs > 0) {
      const step = Math.min(leftMs, ...this.timers.map((timer) => timer.leftMs));
      leftMs -= step;
      this.now += (step * clockMs) / ms;
      for (const timer of this.timers) timer.leftMs -= step;
      const due = this.timers.filter((timer) => timer.leftMs <= 0);
      this.timers = this.timers.filter((timer) => timer.leftMs > 0);
      for (const { callback } of due) callback();
    }
  }
  sleep(countedMs: number): void {
    this.now += countedMs;
  }
}

describe("a deadline", () => {
  it("passes exactly when its time is over", () => {
    const clock = new HandClock();
    const deadline = Deadline.after(1000, clock);
    assert.equal(deadline.remainingMs, 1000);
    clock.pass(999);
    assert.equal(deadline.isPast, false);
    deadline.check();
    clock.pass(1);
    assert.equal(deadline.isPast, true);
    clock.pass(1);
    assert.equal(deadline.remainingMs, 0);
    assert.throws(() => deadline.check(), { name: "DeadlineError", code: "AJ_DEADLINE", limitMs: 1000 });
  });

  it("of 0 ms has passed at once, and its signal is aborted", () => {
    const deadline = Deadline.after(0, new HandClock());
    assert.equal(deadline.isPast, true);
    assert.ok(deadline.signal.aborted);
  });

  it("is a number of milliseconds, finite and not below 0", () => {
    const deadline = Deadline.after(1, new HandClock());
    for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY, "5" as unknown as number]) {
      assert.throws(() => Deadline.after(ms), RangeError);
      assert.throws(() => deadline.child(ms), RangeError);
    }
  });

  it("within another one passes with the nearer of the two, and says which", () => {
    const clock = new HandClock();
    const job = Deadline.after(10_000, clock);
    const item = job.child(3000);
    const loop = item.child(60_000);
    assert.deepEqual([item.remainingMs, loop.remainingMs], [3000, 3000]);
    clock.pass(3000);
    assert.throws(() => loop.check(), { limitMs: 3000 });
    assert.equal(job.isPast, false);
    clock.pass(5000);
    const last = job.child(3000);
    assert.equal(last.remainingMs, 2000);
    clock.pass(2000);
    assert.throws(() => last.check(), { limitMs: 10_000 });
    assert.equal(job.child(1).isPast, true);
  });

  it("aborts its signal with its error, once, and then rests", () => {
    const clock = new HandClock();
    const deadline = Deadline.after(2500, clock);
    assert.equal(clock.waiting, 0);
    const { signal } = deadline;
    assert.equal(deadline.signal, signal);
    assert.equal(clock.waiting, 1);
    clock.pass(2499);
    assert.equal(signal.aborted, false);
    clock.pass(1);
    assert.ok(signal.reason instanceof DeadlineError);
    assert.equal(clock.waiting, 0);
  });

  it("that passed during a machine's sleep is noticed within a second of waking", () => {
    const clock = new HandClock();
    const { signal } = Deadline.after(600_000, clock);
    clock.pass(10_300);
    clock.sleep(3_600_000);
    assert.equal(signal.aborted, false);
    clock.pass(1000);
    assert.ok(signal.aborted);
  });

  it("does not pass early where the clock stands still, or is slower than the timers", () => {
    const clock = new HandClock();
    const { signal } = Deadline.after(10_000, clock);
    clock.pass(60_000, 0);
    assert.equal(signal.aborted, false);
    clock.pass(20_000, 9_999);
    assert.equal(signal.aborted, false);
    clock.pass(2);
    assert.ok(signal.aborted);
  });

  it("of 50 days does not pass at once, as a timer of more than 2^31 ms would", () => {
    const clock = new HandClock();
    const { signal } = Deadline.after(50 * 86_400_000, clock);
    clock.pass(120_000);
    assert.equal(signal.aborted, false);
    assert.ok(Math.max(...clock.asked) <= 1000);
  });

  it("that is held has as long afterwards as it had before, and looks seldom meanwhile", () => {
    const clock = new HandClock();
    const job = Deadline.after(60_000, clock);
    const item = job.child(3000);
    const { signal } = item;
    const loop = item.child(60_000);
    clock.pass(2990);
    item.hold(true);
    clock.asked.length = 0;
    clock.pass(20_000);
    assert.deepEqual([item.remainingMs, loop.remainingMs, job.remainingMs], [10, 10, 37_010]);
    assert.ok(clock.asked.length <= 21, `${clock.asked.length} looks`);
    item.hold(false);
    clock.pass(9);
    assert.equal(signal.aborted, false);
    clock.pass(1);
    assert.ok(signal.reason instanceof DeadlineError);
    assert.throws(() => loop.check(), { limitMs: 3000 });
    assert.equal(clock.waiting, 0);
  });

  it("that is held passes with the one that it lies within, and says so", () => {
    const clock = new HandClock();
    const item = Deadline.after(10_000, clock).child(3000);
    const { signal } = item;
    item.hold(true);
    clock.pass(11_000);
    assert.throws(() => item.check(), { limitMs: 10_000 });
    assert.equal(signal.aborted, true);
    item.hold(false);
    assert.equal(item.isPast, true);
  });

  it("that is disposed of watches no more, and still knows its time", () => {
    const clock = new HandClock();
    const deadline = Deadline.after(2000, clock);
    let signal: AbortSignal;
    {
      using child = deadline.child(1000);
      signal = child.signal;
      assert.equal(clock.waiting, 1);
    }
    assert.equal(clock.waiting, 0);
    clock.pass(5000);
    assert.equal(signal.aborted, false);
    assert.equal(deadline.isPast, true);
  });

  it("goes by this process's clock where none is given, and ends what listens", async () => {
    const begunMs = performance.now();
    const deadline = Deadline.after(30);
    // The watch keeps no process alive, so something else has to.
    const alive = setInterval(() => {}, 1000);
    await once(deadline.signal, "abort");
    clearInterval(alive);
    assert.ok(performance.now() - begunMs >= 30);
  });

  it("keeps no process alive", () => {
    const runtime = JSON.stringify(resolve("dist/index.cjs"));
    const script = `const { signal } = require(${runtime}).Deadline.after(1e9); signal.onabort = () => {}; console.log("end");`;
    const output = execFileSync(process.execPath, ["-e", script], { encoding: "utf8", timeout: 10_000 });
    assert.equal(output, "end\n");
  });
});
