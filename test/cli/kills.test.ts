import assert from "node:assert/strict";
import { Random } from "../torture/row.js";
import { kills } from "../torture/rows/kills.js";

describe("a job killed at random moments and resumed", () => {
  it("loses nothing acknowledged, and does nothing finished again, over 10 kills", async () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const outcome = await kills.run({ random: new Random(seed), times: 10, progress: () => {} });
    assert.ok("cases" in outcome);
    const { cases, lost, wrong, thrown, problems } = outcome;
    assert.deepEqual(
      { cases, lost, wrong, thrown, problems },
      { cases: 10, lost: 0, wrong: 0, thrown: 0, problems: [] },
      `seed ${seed}`,
    );
  });
});
