import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Beat, Pace } from "../../src/extension/watching/pace.js";

const intervalMs = 200;

describe("work at a pace", () => {
  it("runs at once, and makes up for all requests that came meanwhile with one more run", async () => {
    let runs = 0;
    let end = () => {};
    const pace = new Pace(() => {
      runs++;
      return new Promise((resolve) => {
        end = resolve;
      });
    }, 0);
    const first = pace.request();
    await nextTurn();
    assert.equal(runs, 1);
    const others = [pace.request(), pace.request(), pace.request()];
    end();
    await first;
    while (runs < 2) await nextTurn();
    end();
    await Promise.all(others);
    assert.equal(runs, 2);
  });

  it("runs again together with what has the same beat, however much apart they were asked for", async () => {
    const order: string[] = [];
    const beat = new Beat();
    const paces = ["a", "b"].map(
      (name) =>
        new Pace(
          async () => {
            order.push(name);
          },
          intervalMs,
          beat,
        ),
    );
    const [a, b] = paces as [Pace, Pace];
    await a.request();
    const again = a.request();
    for (let turns = 0; turns < 10; turns++) await nextTurn();
    await b.request();
    assert.deepEqual(order, ["a", "b"]);
    const others = b.request();
    void again.then(() => order.push("a is done"));
    await Promise.all([again, others]);
    assert.deepEqual(order, ["a", "b", "a", "b", "a is done"]);
  });

  it("never runs once it is disposed", async () => {
    const order: string[] = [];
    const beat = new Beat();
    const [disposed, other] = ["disposed", "other"].map(
      (name) =>
        new Pace(
          async () => {
            order.push(name);
          },
          intervalMs,
          beat,
        ),
    ) as [Pace, Pace];
    await Promise.all([disposed.request(), other.request()]);
    const waiting = [disposed.request(), other.request()];
    disposed.dispose();
    await Promise.all(waiting);
    assert.deepEqual(order, ["disposed", "other", "other"]);
  });
});
