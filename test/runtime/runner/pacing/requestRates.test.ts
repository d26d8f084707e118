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
    const ask = (name: string, signal = never, tokens = 0) => {
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
});
