/** The errors of estimates of the remaining time over simulated runs, and what one estimate takes. */
import { estimateEta } from "../../src/runtime/state/eta.js";
import { errorsOf, faultsOf, scenarios, tableOf } from "../runtime/state/etaErrors.js";
import { randomSource } from "../support/random.js";

const seeds = 40;
const moments = 40;

/** @returns which bounds are passed */
export function benchEta(): string[] {
  const rows = scenarios.map((scenario) => errorsOf(scenario, seeds, moments, true));
  console.log(`remaining time, median errors over ${seeds} simulated runs of each kind:`);
  console.log(tableOf(rows));
  console.log("one estimate:");
  for (const [slots, waiting] of [
    [20, 400],
    [20, 100_000],
    [2_000, 100_000],
  ] as const)
    console.log(`  ${slots} slots, ${waiting} items waiting: ${estimateMs(slots, waiting).toFixed(2)} ms`);
  return rows.flatMap((row, at) => faultsOf(row, scenarios[at]!));
}

/** The least of many, as the first ones run code that is not compiled yet and others share the machine. */
export function estimateMs(slots: number, waiting: number): number {
  const random = randomSource(3);
  const durationsMs = Array.from({ length: 400 }, () => 500 + random(20_000));
  const inFlightAgesMs = Array.from({ length: slots }, () => random(15_000));
  const times = Array.from({ length: 41 }, () => {
    const begin = performance.now();
    estimateEta({ durationsMs, inFlightAgesMs, waiting, concurrency: slots });
    return performance.now() - begin;
  });
  return Math.min(...times);
}
