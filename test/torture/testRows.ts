import assert from "node:assert/strict";
import { inOrder, runApart } from "./apart.js";
import type { Row, RowOutcome } from "./row.js";

// One more than a check has processors: rows wait for disks and for processes to die.
const atATime = 3;
const title = "a checkpoint under torture";

/** Declares a test for each row, with as many cases as tests have time for, and one for each of its parts. */
export function testRows(rows: readonly Row[]): void {
  describe(title, () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    // What is filtered away is not to run beside what is asked for.
    const grep = new RegExp(process.env.AGENT_JOBS_GREP ?? "");
    const wanted = rows.filter((row) => grep.test(`${title} ${row.name}: ${row.what}`));
    let outcomes: ReturnType<typeof startAll> | undefined;
    const startAll = () =>
      inOrder(wanted, atATime, (row) =>
        runApart(row, ["--seed", String(seed), "--times", String(row.reduced)]),
      );

    for (const row of rows)
      it(`${row.name}: ${row.what}`, async function () {
        outcomes ??= startAll();
        const outcome = await outcomes.get(row)!;
        if ("skipped" in outcome) {
          console.log(`      ${row.name} is skipped: ${outcome.skipped}`);
          return this.skip();
        }
        const { lost, wrong, thrown, problems } = outcome;
        const again = `npm run torture -- --only ${row.name} --times ${row.reduced} --seed ${seed}`;
        assert.deepEqual(
          { lost, wrong, thrown, problems },
          { lost: 0, wrong: 0, thrown: 0, problems: [] },
          again,
        );
        assert.ok(outcome.cases > 0);
      });

    for (const row of rows)
      for (const part of row.parts ?? [])
        it(`${row.name}: ${row.what}: ${part}`, async function () {
          outcomes ??= startAll();
          const outcome = await outcomes.get(row)!;
          const lacks = "skipped" in outcome ? outcome.skipped : outcome.skippedParts?.[part];
          if (lacks !== undefined) {
            console.log(`      ${part} is skipped: ${lacks}`);
            return this.skip();
          }
          const { problems } = outcome as RowOutcome;
          assert.deepEqual(
            problems.filter((problem) => problem.startsWith(`${part}: `)),
            [],
          );
        });
  });
}
