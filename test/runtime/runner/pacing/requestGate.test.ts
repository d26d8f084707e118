import assert from "node:assert/strict";
import { RequestGate, type Ticket } from "../../../../src/runtime/runner/pacing/requestGate.js";

describe("a gate of requests", () => {
  let nowMs: number;
  const never = new AbortController().signal;
  const gateOf = (concurrency: number, limits = {}) =>
    new RequestGate(
      concurrency,
      limits,
      () => {},
      () => nowMs,
    );
  beforeEach(() => {
    nowMs = 1_000;
  });

  it("lets as many through as are allowed at a time, in the order in which they came", async () => {
    const gate = gateOf(2);
    const entered: number[] = [];
    const tickets: Ticket[] = [];
    const all = [0, 1, 2, 3].map(async (n) => {
      tickets.push(await gate.enter(0, never));
      entered.push(n);
    });
    await Promise.all(all.slice(0, 2));
    assert.deepEqual(entered, [0, 1]);
    tickets[0]!.leave();
    tickets[0]!.leave(); // twice makes no second place
    await all[2];
    assert.deepEqual(entered, [0, 1, 2]);
    tickets[1]!.leave();
    await all[3];
    assert.deepEqual(entered, [0, 1, 2, 3]);
  });

  it("forgets who gave up waiting", async () => {
    const gate = gateOf(1);
    const first = await gate.enter(0, never);
    const abortion = new AbortController();
    const second = gate.enter(0, abortion.signal);
    const third = gate.enter(0, never);
    abortion.abort(new Error("given up"));
    await assert.rejects(second, /given up/);
    first.leave();
    await third;
    await assert.rejects(gate.enter(0, abortion.signal), /given up/);
  });

  it("pauses for the longest time that it was asked to", () => {
    const gate = gateOf(1);
    gate.pauseFor(5_000, "rate-limit");
    gate.pauseFor(2_000, "overloaded");
    assert.deepEqual(gate.pause, { ms: 5_000, cause: "rate-limit" });
    assert.equal(gate.waitMs(0), 5_000);
    nowMs += 5_000;
    assert.equal(gate.pause, undefined);
    assert.equal(gate.waitMs(0), 0);
  });

  it("counts tokens as expected until what they really were is known", () => {
    const gate = gateOf(4, { tokensPerMinute: 1_000 });
    const ticket = gate.charge(900);
    assert.ok(gate.waitMs(200) > 0);
    ticket.correct(700);
    assert.equal(gate.waitMs(200), 0);
    ticket.giveBack();
    assert.equal(gate.waitMs(1_000), 0);
  });

  it("tells of a level that fell and rose", () => {
    let changes = 0;
    const gate = new RequestGate(
      4,
      {},
      () => changes++,
      () => nowMs,
    );
    gate.overloaded(nowMs);
    assert.deepEqual([gate.concurrency.allowed, changes], [2, 1]);
    nowMs += 10;
    for (let i = 0; i < 3; i++) gate.succeeded(nowMs);
    assert.deepEqual([gate.concurrency.allowed, changes], [3, 2]);
  });
});
