import assert from "node:assert/strict";
import { Budget } from "../../../src/runtime/runner/budget.js";
import { FailureLimits } from "../../../src/runtime/runner/failureLimits.js";
import type { InputItem } from "../../../src/runtime/runner/items.js";
import { type Work, WorkQueue } from "../../../src/runtime/runner/workQueue.js";

const [a, b, c] = [{}, {}, {}];

describe("a budget", () => {
  it("admits what fits beside what is spent and reserved, later what might fit then, never what cannot", () => {
    const budget = new Budget("usd", 10, 4);
    assert.equal(budget.admit(a, 3), "now");
    assert.equal(budget.admit(b, 4), "later");
    assert.equal(budget.admit(b, 3), "now");
    budget.spend(a, 3);
    budget.release(a, 3);
    assert.equal(budget.admit(c, 1), "later");
    budget.release(b, 0);
    assert.equal(budget.admit(c, 4), "never");
    assert.equal(budget.admit(c, 3), "now");
  });

  it("admits alone what nobody knows the cost of", () => {
    const budget = new Budget("tokens", 10, 0);
    assert.equal(budget.admit(a, undefined), "now");
    assert.equal(budget.admit(b, 1), "later");
    budget.release(a, 2);
    assert.equal(budget.admit(b, 1), "now");
    assert.equal(budget.admit(c, undefined), "later");
  });

  it("admits nothing once it is spent, waiting first for what is in flight", () => {
    const budget = new Budget("usd", 1, 0);
    budget.admit(a, 0.5);
    budget.spend(a, 1.25);
    assert.equal(budget.isSpent, true);
    assert.equal(budget.admit(b, 0), "later");
    budget.release(a, 1.25);
    assert.equal(budget.admit(b, 0), "never");
  });

  it("knows by how much what is in flight may pass it, by the dearest so far", () => {
    const budget = new Budget("usd", 10, 9);
    budget.admit(a, 0.5);
    assert.equal(budget.mayOvershootBy, 0);
    budget.release(a, 3);
    budget.admit(b, 0.5);
    budget.admit(c, 0.5);
    assert.equal(budget.mayOvershootBy, 5);
  });
});

describe("the limits of failures", () => {
  it("stop at a count, whatever came between", () => {
    const limits = new FailureLimits(2);
    assert.equal(limits.failedBy("bug"), undefined);
    limits.succeeded();
    assert.equal(limits.failedBy("network")?.reason, "max-failures");
  });

  it("say what reached them in one or in many", () => {
    assert.equal(new FailureLimits(1).failedBy("bug")?.detail, "1 item failed; maxFailures is 1");
    const two = new FailureLimits(2);
    two.failedBy("bug");
    assert.equal(two.failedBy("bug")?.detail, "2 items failed; maxFailures is 2");
  });

  it("stop above a share, but not before 20 items have ended", () => {
    const limits = new FailureLimits("10%");
    for (let i = 0; i < 17; i++) limits.succeeded();
    assert.equal(limits.failedBy("bug"), undefined);
    assert.equal(limits.failedBy("bug"), undefined);
    assert.equal(limits.failedBy("bug")?.reason, "max-failures");
    const exact = new FailureLimits("10%");
    for (let i = 0; i < 19; i++) exact.succeeded();
    assert.equal(exact.failedBy("bug"), undefined);
    assert.equal(exact.failedBy("bug"), undefined, "2 of 21 is no more than 10%");
  });

  it("stop after three that may not ask the service, not after a success or another cause", () => {
    const all = new FailureLimits(undefined);
    assert.deepEqual(
      ["auth", "auth", "auth"].map((cause) => all.failedBy(cause)?.reason),
      [undefined, undefined, "auth"],
    );
    const mixed = new FailureLimits(undefined);
    for (const cause of ["auth", "bug", "auth", "auth"]) assert.equal(mixed.failedBy(cause), undefined);
    const once = new FailureLimits(undefined);
    once.succeeded();
    for (let i = 0; i < 5; i++) assert.equal(once.failedBy("auth"), undefined);
  });
});

describe("the queue of work", () => {
  const input = (key: string) => ({ key, item: key }) as unknown as InputItem;
  const names = (works: (Work | string)[]) =>
    works.map((work) => (typeof work === "string" ? work : work.input.item));

  it("gives what is due again before what is new, the earliest first, and waits for what is not", () => {
    const queue = new WorkQueue([input("a"), input("b"), input("c")].values(), () => {});
    const [first, second] = [queue.next(0) as Work, queue.next(0) as Work];
    queue.retryAt(20, first);
    queue.retryAt(10, second);
    assert.equal(queue.nextDueMs, 10);
    assert.deepEqual(names([queue.next(25), queue.next(25), queue.next(25), queue.next(25)]), [
      "b",
      "a",
      "c",
      "end",
    ]);
    queue.retryAt(50, first);
    assert.deepEqual(names([queue.next(30), queue.next(50)]), ["wait", "a"]);
  });

  it("keeps what is parked until it is taken up, in its order", () => {
    const queue = new WorkQueue([input("a"), input("b")].values(), () => {});
    for (let work = queue.next(0); typeof work === "object"; work = queue.next(0)) queue.park(work);
    assert.equal(queue.next(0), "end");
    assert.equal(queue.unpark(), true);
    assert.deepEqual(names([queue.next(0), queue.next(0), queue.next(0)]), ["a", "b", "end"]);
    assert.equal(queue.unpark(), false);
  });

  it("asks a stream for one item at a time, tells when it has come, and its end and errors", async () => {
    let asked = 0;
    let come = () => {};
    const told: unknown[] = [];
    const next = () => {
      asked++;
      return new Promise<IteratorResult<InputItem>>((resolve, reject) => {
        if (asked === 2) reject(new Error("broke"));
        come = () => resolve({ value: input("a") });
      });
    };
    const changed = new Promise<void>((resolve) => {
      const queue = new WorkQueue({ next } as AsyncIterator<InputItem>, (error) => {
        told.push(error === undefined ? names([queue.next(0)]) : (error as Error).message);
        if (told.length === 1) queue.next(0);
        else resolve();
      });
      assert.deepEqual([queue.next(0), queue.next(0), asked], ["wait", "wait", 1]);
    });
    come();
    await changed;
    assert.deepEqual(told, [["a"], "broke"]);
  });
});
