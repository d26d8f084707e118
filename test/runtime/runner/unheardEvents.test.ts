import assert from "node:assert/strict";
import { RunControl } from "../../../src/runtime/runner/runControl.js";
import { TestJob } from "../../support/jobs.js";

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("a run of which nobody hears", () => {
  it("ends with the error of whoever is told, wherever that is", async () => {
    for (const name of ["run-started", "item-started", "item-done", "run-stopping", "run-ended"]) {
      const unhandled: unknown[] = [];
      const note = (error: unknown) => unhandled.push(error);
      process.on("unhandledRejection", note);
      const own = new TestJob();
      try {
        const control = new RunControl();
        const { outcome } = await own.run(
          {
            items: numbers(3),
            process(n: number) {
              if (n === 2) control.stop("stopped");
            },
          },
          {
            control,
            onEvent({ event }) {
              if (event === name) throw new Error(`told of ${name}`);
            },
          },
        );
        assert.match(String(outcome.error), new RegExp(`told of ${name}`));
        await new Promise(setImmediate);
        assert.deepEqual(unhandled, [], name);
      } finally {
        process.off("unhandledRejection", note);
        own.remove();
      }
    }
  });
});
