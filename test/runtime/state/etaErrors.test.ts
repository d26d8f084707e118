import assert from "node:assert/strict";
import { type Errors, errorsOf, scenarios, tableOf } from "./etaErrors.js";

const seeds = 24;
const moments = 8;

describe("estimates over simulated runs of 1,000 items on 20 workers", () => {
  const rows: Errors[] = [];

  after(() => console.log(tableOf(rows)));

  for (const scenario of scenarios)
    it(`are within their bounds: ${scenario.name}`, () => {
      const row = errorsOf(scenario, seeds, moments);
      rows.push(row);
      assert.ok(row.checks >= 2 * seeds, `${row.checks} checks`);
      assert.equal(row.unknown, 0);
      if (scenario.maxError !== null) assert.ok(row.ours <= scenario.maxError, `an error of ${row.ours}`);
      assert.ok(row.ours <= row.tqdm, `${row.ours}, and tqdm's ${row.tqdm}`);
      if (scenario.isForeseeable !== false) assert.ok(row.held >= 0.85, `p90 holds in ${row.held}`);
    });
});
