import assert from "node:assert/strict";
import { type Limits, RequestGate, type Ticket } from "../../../../src/runtime/runner/pacing/requestGate.js";

const turn = () => new Promise(setImmediate);
const never = new AbortController().signal;

describe("the request gate", () => {
  let nowMs: number;
  let changes: number;
  let gate: RequestGate;
  let admitted: string[];
  let tickets: Map<string, Ticket>;

  const open = (concurrency: number, limits: Limits = {}) => {
    gate = new RequestGate(
      concurrency,
      limits,
      () => changes++,
      () => nowMs,
    );
  };
  const enter = (name: string, tokens = 0, signal = never) =>
    gate.enter(tokens, signal).then((ticket) => {
      admitted.push(name);
      tickets.set(name, ticket);
    });

  beforeEach(() => {
    nowMs = 0;
    changes = 0;
    admitted = [];
    tickets = new Map();
  });
  afterEach(() => gate.close());

  it("lets as many through as are allowed, and the next in their order as others leave", async () => {
    open(2);
    for (const name of ["a", "b", "c", "d"]) void enter(name);
    await turn();
    assert.deepEqual(admitted, ["a", "b"]);
    tickets.get("b")!.leave();
    tickets.get("b")!.leave(); // twice is once
    await turn();
    assert.deepEqual(admitted, ["a", "b", "c"]);
    tickets.get("a")!.leave();
    await turn();
    assert.deepEqual(admitted, ["a", "b", "c", "d"]);
  });

  it("lets who gave up waiting go, with their reason, and nobody waits for them", async () => {
    open(1, { tokensPerMinute: 100 });
    await enter("first", 50);
    tickets.get("first")!.leave();
    const leaving = new AbortController();
    const large = enter("large", 100, leaving.signal);
    void enter("small", 10);
    await turn();
    assert.deepEqual(admitted, ["first"]);
    leaving.abort(new Error("enough"));
    await assert.rejects(large, /enough/);
    await turn();
    assert.deepEqual(admitted, ["first", "small"]);
    await assert.rejects(gate.enter(0, leaving.signal), /enough/);
  });

  it("sends nothing in a pause, which no shorter one cuts", async () => {
    open(4);
    gate.pauseFor(5_000, "rate-limit");
    gate.pauseFor(1_000, "overloaded");
    assert.deepEqual([gate.pause, gate.waitMs(0), changes], [{ ms: 5_000, cause: "rate-limit" }, 5_000, 1]);
    void enter("a");
    await turn();
    assert.deepEqual(admitted, []);
    nowMs = 5_000;
    assert.deepEqual([gate.pause, gate.waitMs(0)], [undefined, 0]);
    void enter("b"); // looks again at all who wait
    await turn();
    assert.deepEqual(admitted, ["a", "b"]);
  });

  it("goes on by itself after a pause", async () => {
    gate = new RequestGate(1, {}, () => {});
    const begin = performance.now();
    gate.pauseFor(20, "overloaded");
    await gate.enter(0, never);
    assert.ok(performance.now() - begin >= 19);
  });

  it("holds requests and tokens in a window, in shares of it where it is shorter than a minute", () => {
    open(10, { requestsPerMinute: 120, windowMs: 1_000 });
    gate.charge(0);
    gate.charge(0);
    assert.equal(gate.waitMs(0), 3_000);
    open(10, { tokensPerMinute: 100 });
    const ticket = gate.charge(100);
    assert.equal(gate.waitMs(1), 62_000);
    ticket.arrived();
    assert.equal(gate.waitMs(1), 60_000);
    ticket.took(40);
    assert.equal(gate.waitMs(60), 0);
    ticket.took(30); // of a second call that it stands for
    assert.equal(gate.waitMs(31), 60_000);
    ticket.giveBack();
    assert.equal(gate.waitMs(100), 0);
  });

  it("gives a place back with what was not sent", async () => {
    open(1, { requestsPerMinute: 1 });
    await enter("a");
    void enter("b");
    tickets.get("a")!.giveBack();
    await turn();
    assert.deepEqual(admitted, ["a", "b"]);
  });

  it("lets fewer through after an overload, and tells each change", async () => {
    open(4);
    await Promise.all(["a", "b", "c", "d"].map((name) => enter(name)));
    nowMs = 10;
    for (const ticket of tickets.values()) gate.overloaded(ticket.startedAtMs);
    assert.deepEqual([gate.concurrency.allowed, changes], [2, 1]);
    void enter("e");
    for (const name of ["a", "b"]) tickets.get(name)!.leave();
    await turn();
    assert.equal(admitted.includes("e"), false);
    tickets.get("c")!.leave();
    await turn();
    assert.equal(admitted.includes("e"), true);
  });

  it("once closed leaves no timer and tells nothing, whatever still comes", async () => {
    open(4);
    await enter("a");
    gate.close();
    gate.pauseFor(60_000, "rate-limit");
    gate.overloaded(1);
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    const leaving = new AbortController();
    const waiting = enter("b", 0, leaving.signal);
    assert.deepEqual([changes, timers()], [0, before]);
    leaving.abort();
    await assert.rejects(waiting);
  });
});
