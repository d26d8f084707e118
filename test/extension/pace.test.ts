import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Beat, Pace } from "../../src/extension/watching/pace.js";

const intervalMs = 200;

/** Two of one beat that note their runs. */
function pacesOf(names: readonly [string, string], order: string[]): [Pace, Pace] {
  const beat = new Beat();
  const paceOf = (name: string) =>
    new Pace(
      async () => {
        order.push(name);
      },
      intervalMs,
      beat,
    );
  return [paceOf(names[0]), paceOf(names[1])];
}

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
    const [a, b] = pacesOf(["a", "b"], order);
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
    const [disposed, other] = pacesOf(["disposed", "other"], order);
    await Promise.all([disposed.request(), other.request()]);
    const waiting = [disposed.request(), other.request()];
    disposed.dispose();
    await Promise.all(waiting);
    assert.deepEqual(order, ["disposed", "other", "other"]);
  });
});
