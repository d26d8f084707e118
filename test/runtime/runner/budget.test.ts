import assert from "node:assert/strict";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { Budget } from "../../../src/runtime/runner/budget.js";
import { FailureLimits } from "../../../src/runtime/runner/failureLimits.js";

const [a, b, c] = ["a", "b", "c"].map(keyOf) as [never, never, never];

describe("a budget", () => {
  it("admits what fits beside what is spent and what is in flight, and the rest later", () => {
    const budget = new Budget("usd", 10, 5);
    assert.equal(budget.admit(a, 3), "now");
    assert.equal(budget.admit(b, 3), "later");
    budget.spend(a, 1);
    budget.release(a, 1);
    assert.equal(budget.admit(b, 3), "now");
  });

  it("admits nothing that could pass it, once nothing is in flight that might leave room", () => {
    assert.equal(new Budget("usd", 10, 8).admit(a, 3), "never");
    assert.equal(new Budget("usd", 10, 10).admit(a, 0), "never");
  });

  it("has an item of which nobody knows what it takes run alone", () => {
    const budget = new Budget("tokens", 1_000, 0);
    assert.equal(budget.admit(a, undefined), "now");
    assert.equal(budget.admit(b, 10), "later");
    assert.equal(budget.admit(c, undefined), "later");
    budget.release(a, 100);
    assert.equal(budget.admit(b, 10), "now");
  });

  it("says by how much the dearest item so far could pass it again", () => {
    const budget = new Budget("usd", 10, 8);
    budget.admit(a, 1);
    assert.equal(budget.mayOvershootBy, 0);
    budget.spend(a, 5);
    budget.release(a, 5);
    assert.ok(budget.isSpent);
    const next = new Budget("usd", 20, 8);
    next.release(b, 5);
    next.admit(a, 1);
    next.spend(a, 11);
    assert.equal(next.mayOvershootBy, 4);
  });
});

describe("limits of failures", () => {
  it("end a run at a count", () => {
    const limits = new FailureLimits(2);
    assert.equal(limits.failedBy("other"), undefined);
    assert.equal(limits.failedBy("other")?.reason, "max-failures");
  });

  it("end a run at a share, once enough has ended to tell", () => {
    const limits = new FailureLimits("10%");
    for (let i = 0; i < 2; i++) assert.equal(limits.failedBy("other"), undefined);
    for (let i = 0; i < 18; i++) limits.succeeded();
    assert.equal(limits.failedBy("other")?.reason, "max-failures");
  });

  it("end a run that the service lets do nothing, and none in which it let something be done", () => {
    const limits = new FailureLimits(undefined);
    const reasons = ["auth", "auth", "auth"].map((cause) => limits.failedBy(cause)?.reason);
    assert.deepEqual(reasons, [undefined, undefined, "auth"]);
    const other = new FailureLimits(undefined);
    other.succeeded();
    for (let i = 0; i < 10; i++) assert.equal(other.failedBy("auth"), undefined);
  });
});
