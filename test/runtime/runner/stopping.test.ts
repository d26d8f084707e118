import assert from "node:assert/strict";
import type { ItemContext } from "../../../src/runtime/runner/defineJob.js";
import { RunControl } from "../../../src/runtime/runner/runControl.js";
import { CheckpointFollower } from "../../../src/runtime/store/follow.js";
import { eventsOf, gate, TestJob } from "../../support/jobs.js";

describe("stopping a run", () => {
  let job: TestJob;
  let control: RunControl;
  beforeEach(() => {
    job = new TestJob();
    control = new RunControl();
  });
  afterEach(() => job.remove());

  it("finishes what is in flight, begins nothing else, and goes on where it was", async () => {
    const both = gate();
    let begun = 0;
    const definition = {
      items: ["a", "b", "c", "d"],
      concurrency: 2,
      async process(item: string) {
        if (++begun === 2) {
          control.stop("interrupted", "SIGINT");
          both.open();
        }
        await both.passed;
        return item;
      },
    };
    const run = await job.run(definition, { control });
    assert.deepEqual(
      [run.outcome.reason, run.outcome.signal, run.outcome.done],
      ["interrupted", "SIGINT", 2],
    );
    assert.deepEqual(eventsOf(run, "run-stopping")[0]?.inFlight, 2);
    assert.equal((await job.run(definition)).outcome.done, 2);
  });

  it("at once leaves what is in flight in doubt, and tells nothing after the end", async () => {
    const open = gate();
    let aborted = false;
    const run = await job.run(
      {
        items: ["a", "b"],
        async process(_: string, ctx: ItemContext) {
          control.abort("interrupted", "SIGINT");
          aborted = ctx.signal.aborted;
          await open.passed;
        },
      },
      { control },
    );
    assert.equal(aborted, true);
    assert.deepEqual([run.outcome.reason, run.outcome.status.inDoubt], ["interrupted", 1]);
    const told = run.events.length;
    open.open();
    await new Promise(setImmediate);
    assert.equal(run.events.length, told);
    assert.equal(run.events.at(-1)?.event, "run-ended");
  });

  it("at once is no error, although items still want to record something", async () => {
    const ended = gate();
    const definition = {
      items: ["a"],
      async process(_: string, ctx: ItemContext) {
        const steps = Array.from({ length: 50 }, (_, i) => i);
        control.abort("interrupted", "SIGINT");
        // Each of these races with the closing of the session.
        for (const i of steps) await ctx.step("s", i, () => i).catch(() => ended.open());
        return "done";
      },
    };
    const run = await job.run(definition, { control });
    await ended.passed;
    assert.equal(run.outcome.error, undefined);
    assert.equal(run.outcome.reason, "interrupted");
  });

  it("does not wait for a stream that gives nothing", async () => {
    const waits = gate();
    const run = await job.run(
      {
        async *items() {
          yield "a";
          await waits.passed;
          yield "b";
        },
        process(item: string) {
          control.stop("stopped");
          return item;
        },
      },
      { control, concurrency: 2 },
    );
    assert.deepEqual([run.outcome.reason, run.outcome.done, run.outcome.status.total], ["stopped", 1, null]);
    waits.open();
  });

  it("before it began does nothing", async () => {
    control.stop("terminated", "SIGTERM");
    const run = await job.run({ items: ["a"], process: (item: string) => item }, { control });
    assert.deepEqual([run.outcome.reason, run.outcome.done], ["terminated", 0]);
    const follower = new CheckpointFollower(job.checkpoint);
    await follower.refresh();
    assert.equal(follower.state.runs.get(1)?.ended?.reason, "terminated");
  });
});
