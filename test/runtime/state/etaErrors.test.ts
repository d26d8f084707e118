import assert from "node:assert/strict";
import { type Errors, errorsOf, faultsOf, scenarios, tableOf } from "./etaErrors.js";

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
      assert.deepEqual(faultsOf(row, scenario), []);
    });
});
