import assert from "node:assert/strict";
import { setTimeout as passTime } from "node:timers/promises";
import type { ItemContext } from "../../../src/runtime/runner/defineJob.js";
import { RunControl } from "../../../src/runtime/runner/runControl.js";
import { eventsOf, gate, TestJob } from "../../support/jobs.js";

describe("the end of a run", () => {
  let job: TestJob;
  let control: RunControl;
  beforeEach(() => {
    job = new TestJob();
    control = new RunControl();
  });
  afterEach(() => job.remove());

  it("by its deadline lets what is in flight finish, and names the deadline", async () => {
    const definition = {
      items: ["a", "b"],
      deadlineMs: 30,
      process: () => passTime(60),
    };
    const { outcome } = await job.run(definition);
    assert.deepEqual([outcome.reason, outcome.done, outcome.detail], ["deadline", 1, "0.03 s"]);
    assert.equal((await job.run({ ...definition, deadlineMs: 10_000 })).outcome.reason, "finished");
  });

  it("by a deadline that passed before the first item comes before it", async () => {
    const { outcome } = await job.run(
      { items: ["a"], deadlineMs: 1, process: () => 1 },
      {
        onOpen() {
          const untilMs = performance.now() + 5;
          while (performance.now() < untilMs);
        },
      },
    );
    assert.deepEqual([outcome.reason, outcome.done], ["deadline", 0]);
  });

  it("by `stopWhen` names the condition", async () => {
    const { outcome } = await job.run({
      items: ["a", "b", "c"],
      stopWhen: {
        evaluate: ({ iterations }: { iterations: number }) =>
          iterations >= 2 ? { message: "two are enough" } : undefined,
      },
      process: () => 1,
    });
    assert.deepEqual([outcome.reason, outcome.detail, outcome.done], ["stop-condition", "two are enough", 2]);
  });

  it("by a `stopWhen` that throws is an error of the job, and keeps what is done", async () => {
    const { outcome } = await job.run({
      items: ["a", "b"],
      stopWhen: {
        evaluate({ iterations }: { iterations: number }) {
          if (iterations > 0) throw new Error("in stopWhen");
        },
      },
      process: () => 1,
    });
    assert.deepEqual(
      [outcome.reason, (outcome.error as { code?: string }).code, outcome.done],
      ["error", "AJ_JOB", 1],
    );
  });

  it("after stopGraceMs leaves what has not ended in doubt", async () => {
    const begun = gate();
    const run = job.run(
      {
        items: ["a", "b"],
        stopGraceMs: 20,
        process: () => {
          begun.open();
          return new Promise(() => {});
        },
      },
      { control },
    );
    await begun.passed;
    control.stop("stopped");
    const { outcome } = await run;
    assert.deepEqual([outcome.reason, outcome.status.inDoubt], ["stopped", 1]);
  });

  it("waits for what is in flight as long as an endless stopGraceMs says", async () => {
    const { outcome } = await job.run(
      {
        items: ["a", "b"],
        stopGraceMs: Number.POSITIVE_INFINITY,
        async process() {
          control.stop("stopped");
          await passTime(50);
        },
      },
      { control },
    );
    assert.deepEqual([outcome.done, outcome.status.inDoubt], [1, 0]);
  });

  it("that somebody asks for while it stops for another reason comes after stopGraceMs too", async () => {
    const run = await job.run(
      {
        items: ["a", "b"],
        concurrency: 2,
        maxFailures: 1,
        stopGraceMs: 20,
        process(item: string) {
          if (item === "a") throw new Error("no");
          return new Promise(() => {});
        },
      },
      { control, onEvent: ({ event }) => event === "run-stopping" && control.stop("stopped") },
    );
    assert.deepEqual([run.outcome.reason, run.outcome.status.inDoubt], ["max-failures", 1]);
    assert.equal(eventsOf(run, "run-stopping").length, 1);
  });

  it("at once begins nothing whose start was still being written", async () => {
    const called: string[] = [];
    await job.run(
      {
        items: ["a", "b", "c"],
        concurrency: 3,
        process(item: string) {
          called.push(item);
          control.abort("interrupted");
          return new Promise(() => {});
        },
      },
      { control },
    );
    assert.deepEqual(called, ["a"]);
  });

  it("gives its source back: a stream's cleaning up is waited for", async () => {
    const told: string[] = [];
    async function* items() {
      try {
        for (let i = 0; ; i++) yield `item-${i}`;
      } finally {
        await passTime(5);
        told.push("closed");
      }
    }
    const { outcome } = await job.run(
      {
        items,
        process: (item: string) => {
          if (item === "item-3") control.stop("stopped");
        },
      },
      { control },
    );
    assert.deepEqual([outcome.done, told], [4, ["closed"]]);
    const limited = await job.run({ items, process: () => 1 }, { limit: 1 });
    assert.deepEqual([limited.outcome.reason, told], ["limit", ["closed", "closed"]]);
  });

  it("keeps no process alive by the time limits of what it left behind", async () => {
    await new Promise(setImmediate); // the test's own time limit has begun
    const before = process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    await job.run(
      {
        items: ["a"],
        itemTimeoutMs: 600_000,
        process: () => {
          setImmediate(() => control.abort("interrupted"));
          return new Promise(() => {});
        },
      },
      { control },
    );
    assert.equal(process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length, before);
  });

  it("passes progress on at most once a second, and records it", async () => {
    const run = await job.run({
      items: ["a", "b"],
      concurrency: 2,
      process(_: string, ctx: ItemContext) {
        for (const fraction of [0.1, 0.2, 2, Number.NaN, 0.3]) ctx.progress(fraction);
      },
    });
    assert.deepEqual(
      eventsOf(run, "item-progress")
        .map(({ item, fraction }) => [item, fraction])
        .sort(),
      [
        ["a", 0.1],
        ["b", 0.1],
      ],
    );
  });

  it("of a run over chosen items leaves the others as they are", async () => {
    const { outcome } = await job.run(
      { items: ["a", "b", "c"], process: (item: string) => item },
      { only: new Set([JSON.stringify("b")]) as never },
    );
    assert.equal(outcome.done, 1);
    assert.deepEqual(await job.results(), { '"b"': "b" });
  });

  for (const fault of ["a result that is no JSON", "an error"])
    it(`by the last failure that it bears begins nothing more, where that is ${fault}`, async () => {
      const begun: string[] = [];
      const stopping = gate();
      const definition = {
        ...{ items: ["a", "b", "c", "d"], concurrency: 3, maxFailures: 1 },
        async process(item: string) {
          begun.push(item);
          if (item !== "a") return stopping.passed;
          if (fault === "an error") throw new Error("no");
          return { n: 1n };
        },
      };
      const onEvent = ({ event }: { event: string }) => event === "run-stopping" && stopping.open();
      const { outcome } = await job.run(definition, { onEvent });
      assert.deepEqual([outcome.reason, outcome.failed, begun], ["max-failures", 1, ["a", "b", "c"]]);
    });

  for (const [cause, reason] of [
    ["bug", "max-failures"],
    ["auth", "auth"],
  ] as const) {
    const fast = Array.from({ length: 25 }, (_, i) => `fast-${i}`);
    const slow = Array.from({ length: 175 }, (_, i) => `slow-${i}`);
    const definition = (items: string[], slowOnes: Promise<void>) => ({
      ...{ items, concurrency: 200, maxFailures: "20%" },
      async process(item: string) {
        if (item.startsWith("fast")) throw Object.assign(new Error("no"), { failureCause: cause });
        await slowOnes;
      },
    });

    it(`does not come by failures of ${cause} that are only faster than what succeeds`, async () => {
      const failed = gate();
      let failures = 0;
      const onEvent = ({ event }: { event: string }) => {
        if (event === "item-failed" && ++failures === fast.length) failed.open();
      };
      const { outcome } = await job.run(definition([...slow, ...fast], failed.passed), { onEvent });
      assert.deepEqual([outcome.reason, outcome.done], ["finished-with-failures", slow.length]);
    });

    it(`comes by failures of ${cause} that are most of what was begun, also while a few go on`, async () => {
      const stopped = gate();
      const onEvent = ({ event }: { event: string }) => event === "run-stopping" && stopped.open();
      const few = slow.slice(0, 2);
      const { outcome } = await job.run(definition([...few, ...fast], stopped.passed), { onEvent });
      assert.deepEqual([outcome.reason, outcome.done], [reason, few.length]);
    });
  }
});
