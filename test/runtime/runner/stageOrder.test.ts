import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { RunControl } from "../../../src/runtime/runner/runControl.js";
import { eventsOf, TestJob } from "../../support/jobs.js";

describe("stages, all items through one before the next", () => {
  let job: TestJob;
  let done: string[];
  beforeEach(() => {
    job = new TestJob();
    done = [];
  });
  afterEach(() => job.remove());

  const note = (stage: string) => (input: string) => {
    done.push(`${stage}(${input})`);
    return `${input}${stage}`;
  };
  const definition = (changes: object = {}) => ({
    items: ["1", "2", "3"],
    order: "stages",
    stages: [
      { name: "x", run: note("x") },
      { name: "y", run: note("y") },
      { name: "z", run: note("z") },
    ],
    ...changes,
  });

  it("go round by round, and give the last one's result", async () => {
    const run = await job.run(definition());
    assert.deepEqual(done, [
      ...["x(1)", "x(2)", "x(3)"],
      ...["y(1x)", "y(2x)", "y(3x)"],
      ...["z(1xy)", "z(2xy)", "z(3xy)"],
    ]);
    assert.deepEqual(await job.results(), { '"1"': "1xyz", '"2"': "2xyz", '"3"': "3xyz" });
    assert.deepEqual([run.outcome.reason, run.outcome.done], ["finished", 3]);
    assert.deepEqual([...new Set(eventsOf(run, "item-done").map(({ attempt }) => attempt))], [1]);
  });

  it("stopped between two leave nothing in doubt, and a resume does no finished one again", async () => {
    const control = new RunControl();
    const stages = definition().stages.map((stage) => ({
      ...stage,
      run(input: string) {
        if (input === "2x") control.stop("stopped");
        return stage.run(input);
      },
    }));
    const run = await job.run(definition({ stages }), { control });
    assert.deepEqual([run.outcome.reason, run.outcome.done, run.outcome.status.inDoubt], ["stopped", 0, 0]);
    const before = done.splice(0);
    assert.deepEqual(before, ["x(1)", "x(2)", "x(3)", "y(1x)", "y(2x)"]);
    assert.equal((await job.run(definition({ stages }))).outcome.done, 3);
    assert.deepEqual(done.sort(), ["y(3x)", "z(1xy)", "z(2xy)", "z(3xy)"]);
  });

  it("of which one changed do that one and what follows again, for what is not done", async () => {
    const control = new RunControl();
    const stopping = definition().stages;
    stopping[2]!.run = () => {
      control.stop("stopped");
      throw new Error("not yet");
    };
    await job.run(definition({ stages: stopping }), { control });
    done = [];
    const changed = definition().stages.map((stage) =>
      stage.name === "y" ? { ...stage, params: 2 } : stage,
    );
    assert.equal((await job.run(definition({ stages: changed }))).outcome.done, 3);
    assert.deepEqual(done.sort(), ["y(1x)", "y(2x)", "y(3x)", "z(1xy)", "z(2xy)", "z(3xy)"]);
  });

  it("of which one fails go on for the others, and retry in that stage alone", async () => {
    let failures = 0;
    const stages = definition().stages;
    stages[1]!.run = (input: string) => {
      if (input === "2x" && failures++ === 0)
        throw Object.assign(new Error("once"), { failureCause: "network" });
      if (input === "3x") throw new Error("for ever");
      return note("y")(input);
    };
    const run = await job.run(definition({ stages, retry: { baseDelayMs: 0 } }));
    assert.deepEqual([run.outcome.done, run.outcome.failed], [2, 1]);
    assert.deepEqual(
      done.filter((name) => name.startsWith("x")),
      ["x(1)", "x(2)", "x(3)"],
    );
    assert.deepEqual(
      eventsOf(run, "item-done").map(({ item, attempt }) => [item, attempt]),
      [
        ["1", 1],
        ["2", 2],
      ],
    );
  });

  it("add up what they take per item, and count nothing twice where the log says it twice", async () => {
    const stages = definition().stages.map(({ name }) => ({
      name,
      run(input: string, ctx: { usage(reply: unknown): void }) {
        ctx.usage({ usd: 0.5, outputTokens: 2 });
        return input;
      },
    }));
    const run = await job.run(definition({ stages }));
    const { usage } = run.outcome;
    assert.deepEqual([usage.usd, usage.outputTokens], [4.5, 18]);
    assert.deepEqual(
      eventsOf(run, "item-done").map((told) => told.usage?.usd),
      [1.5, 1.5, 1.5],
    );
    const lines = readFileSync(job.checkpoint, "utf8");
    writeFileSync(job.checkpoint, lines + lines);
    const again = (await job.run(definition({ stages }))).outcome;
    assert.deepEqual([again.done, again.usage.usd, again.usage.outputTokens], [0, 4.5, 18]);
  });

  const numbered = (length: number) => Array.from({ length }, (_, i) => String(i));
  const failAt = (at: string, fails: (item: string) => boolean, failureCause = "bug") =>
    ["x", "y", "z"].map((name) => ({
      name,
      run(input: string) {
        if (name === at && fails(input)) throw Object.assign(new Error("no"), { failureCause });
        return input;
      },
    }));
  const everyTenth = (item: string) => Number(item) % 10 === 0;

  for (const stage of ["x", "y", "z"])
    it(`are not ended by a share of failures in ${stage} where most items get through it`, async () => {
      const stages = failAt(stage, everyTenth);
      const share = { items: numbered(250), concurrency: 16, maxFailures: "20%" };
      const { outcome } = await job.run(definition({ ...share, stages }));
      assert.deepEqual([outcome.reason, outcome.done, outcome.failed], ["finished-with-failures", 225, 25]);
    });

  it("are ended by the failures of one in which most items fail, although all got through those before", async () => {
    const stages = failAt("y", (item) => Number(item) % 3 === 0);
    const { outcome } = await job.run(definition({ items: numbered(40), stages, maxFailures: "20%" }));
    assert.deepEqual([outcome.reason, outcome.failed], ["max-failures", 8]);
    assert.equal(outcome.detail, "8 of 22 items failed in stage 2; maxFailures is 20%");
  });

  it("are ended once more items failed in all of them together than the share says", async () => {
    const stages = failAt("x", everyTenth);
    stages[1] = failAt("y", (item) => Number(item) % 10 === 1)[1]!;
    const share = { items: numbered(100), concurrency: 8, maxFailures: "15%" };
    const { outcome } = await job.run(definition({ ...share, stages }));
    assert.deepEqual(
      [outcome.reason, outcome.detail],
      ["max-failures", "16 of 100 items failed; maxFailures is 15%"],
    );
  });

  it("are not ended by authentication that fails for some items where others get through", async () => {
    const stages = failAt("x", (item) => Number(item) > 1, "auth");
    const { outcome } = await job.run(definition({ items: numbered(8), stages }));
    assert.deepEqual([outcome.reason, outcome.done, outcome.failed], ["finished-with-failures", 2, 6]);
  });

  it("are ended by authentication that fails for all items of one", async () => {
    const { outcome } = await job.run(
      definition({ items: numbered(8), stages: failAt("y", () => true, "auth") }),
    );
    assert.deepEqual([outcome.reason, outcome.failed], ["auth", 3]);
  });
});
