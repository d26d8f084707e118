import assert from "node:assert/strict";
import { RequestGate, type Ticket } from "../../../../src/runtime/runner/pacing/requestGate.js";

const never = new AbortController().signal;

describe("rates at the gate of requests", () => {
  let nowMs: number;
  let gates: RequestGate[];
  beforeEach(() => {
    nowMs = 0;
    gates = [];
  });
  afterEach(() => {
    for (const gate of gates) gate.close();
  });
  const gateOf = (concurrency: number, limits: ConstructorParameters<typeof RequestGate>[1] = {}) => {
    const gate = new RequestGate(
      concurrency,
      limits,
      () => {},
      () => nowMs,
    );
    gates.push(gate);
    return gate;
  };
  const queueOf = (gate: RequestGate) => {
    const entered: string[] = [];
    const tickets = new Map<string, Ticket>();
    const ask = (name: string, signal = never, tokens: number | undefined = 0) => {
      const asked = gate.enter(tokens, signal).then((ticket) => {
        entered.push(name);
        tickets.set(name, ticket);
      });
      asked.catch(() => {});
      return asked;
    };
    return { entered, tickets, ask };
  };
  /** All that is due by microtasks alone has happened after this. */
  const settled = () => new Promise(setImmediate);

  it("lets the next one through once a request took fewer tokens than expected", async () => {
    const gate = gateOf(9, { tokensPerMinute: 100 });
    const { entered, tickets, ask } = queueOf(gate);
    await ask("a", never, 90);
    ask("b", never, 50);
    tickets.get("a")!.leave();
    await settled();
    assert.deepEqual(entered, ["a"]);
    tickets.get("a")!.took(10);
    await settled();
    assert.deepEqual(entered, ["a", "b"]);
  });

  it("holds a rate per minute in shorter windows, too", async () => {
    // 10 in a minute are one every six seconds, not one a second.
    const gate = gateOf(9, { requestsPerMinute: 10, windowMs: 1_000 });
    const { tickets, ask } = queueOf(gate);
    await ask("a");
    tickets.get("a")!.arrived();
    assert.equal(gate.waitMs(0), 6_000);
    const faster = gateOf(9, { requestsPerMinute: 120, windowMs: 1_000 });
    for (let i = 0; i < 2; i++) faster.charge(0).arrived();
    assert.equal(faster.waitMs(0), 1_000);
  });

  describe("of tokens, where nobody knows yet what a request takes", () => {
    const blindly = (names: string[], gate: RequestGate) => {
      const queue = queueOf(gate);
      for (const name of names)
        void gate.enter(undefined, never).then((ticket) => {
          queue.entered.push(name);
          queue.tickets.set(name, ticket);
        });
      return queue;
    };

    it("let one through at a time until one has told, then as many as fit by the most that one took", async () => {
      const gate = gateOf(32, { tokensPerMinute: 1_000 });
      const names = ["a", "b", "c", "d", "e", "f"];
      const { entered, tickets } = blindly(names, gate);
      await settled();
      assert.deepEqual(entered, ["a"]);
      assert.equal(gate.waitMs(undefined), Number.POSITIVE_INFINITY);
      tickets.get("a")!.leave(); // its answer was read; what it took is told a moment later
      await settled();
      assert.deepEqual(entered, ["a", "b"]);
      tickets.get("a")!.took(300);
      await settled();
      assert.deepEqual(entered, ["a", "b", "c", "d"]);
      assert.ok(gate.waitMs(undefined) > 0 && gate.waitMs(100) === 0);
    });

    it("let the next one through where one was not sent after all, or the attempt that counts as one ends", async () => {
      const changes: string[] = [];
      const gate = new RequestGate(
        9,
        { tokensPerMinute: 1_000 },
        (what) => changes.push(what),
        () => nowMs,
      );
      gates.push(gate);
      const attempt = gate.charge(undefined);
      const { entered, tickets } = blindly(["a", "b"], gate);
      await settled();
      assert.deepEqual([entered, changes], [[], []]);
      attempt.arrived();
      await settled();
      assert.deepEqual([entered, changes], [["a"], ["room"]]);
      tickets.get("a")!.giveBack();
      await settled();
      assert.deepEqual(entered, ["a", "b"]);
    });

    it("are held by what requests were said to take, where that is known", async () => {
      const gate = gateOf(9, { tokensPerMinute: 1_000 });
      const { entered, ask } = queueOf(gate);
      for (const name of ["a", "b", "c"]) ask(name, never, 400);
      await settled();
      assert.deepEqual(entered, ["a", "b"]);
    });

    it("hold nothing any more once many were answered and none has told", async () => {
      const gate = gateOf(9, { tokensPerMinute: 1_000 });
      const names = Array.from({ length: 24 }, (_, i) => String(i));
      const { entered, tickets } = blindly(names, gate);
      for (let i = 0; i < 16; i++) {
        await settled();
        assert.equal(entered.length, i + 1);
        gate.succeeded(nowMs);
        tickets.get(String(i))!.leave();
      }
      await settled();
      assert.equal(entered.length, 24);
    });

    it("hold nothing where no tokens are limited", async () => {
      const { entered } = blindly(["a", "b"], gateOf(9, { requestsPerMinute: 100 }));
      await settled();
      assert.deepEqual(entered, ["a", "b"]);
    });
  });
});
