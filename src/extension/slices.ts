import { setImmediate as nextTurn } from "node:timers/promises";

/** Whatever else waits in the extension host, such as keys that are typed, waits no longer than this for us. */
const sliceMs = 10;

/**
 * Does a long piece of work bit by bit, and lets others work in between.
 * @param work yields wherever it may be interrupted
 * @param isStale told between slices: ends it where nobody wants its result any more
 * @returns what the work returns; undefined where it was ended
 */
export async function inSlices<T>(
  work: Generator<unknown, T>,
  isStale: () => boolean = () => false,
): Promise<T | undefined> {
  let beganMs = performance.now();
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (performance.now() - beganMs < sliceMs) continue;
    await nextTurn();
    if (isStale()) return undefined;
    beganMs = performance.now();
  }
}
