import assert from "node:assert/strict";

/** How many times as large the second size is. */
const factor = 32;

/**
 * How many times as long it may take: work that grows with the square of its size takes 1,024 times as long, and what
 * does not pays more for each byte where it makes more than the youngest memory holds.
 */
const slack = 256;

/** Less than this cannot be compared. */
const leastMs = 2;

/**
 * Asserts that work takes time in step with its size, which text from models and torn files may choose: a search that
 * tries all from each place grows with the square. Two sizes are compared in one process, the best of three each, by
 * the processor's time: a slow or a busy machine changes nothing.
 *
 * @param work what is measured, with a size and with 32 times that
 * @param size at which the work takes at least some milliseconds
 */
export async function assertLinear(work: (size: number) => unknown, size: number): Promise<void> {
  const small = Math.max(leastMs, await leastCpuMs(work, size));
  const large = await leastCpuMs(work, size * factor);
  assert.ok(
    large <= small * slack,
    `${small.toFixed(1)} ms of processor time for ${size}, ${large.toFixed(1)} ms for ${size * factor}`,
  );
}

async function leastCpuMs(work: (size: number) => unknown, size: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const before = process.cpuUsage();
    await work(size);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}
