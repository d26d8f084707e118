import { closeSync, fstatSync, openSync } from "node:fs";

const tearWaitMs = 500;
const pageBytes = 4096;

/**
 * Waits until a file is seen to end at the end of a page: its system is copying a large record, page by page. Looks
 * as often as it can, since a write of 1 MiB takes less than a millisecond: no timer is that quick.
 */
export function waitForGrowth(path: string): void {
  const file = openSync(path, "r");
  const untilMs = performance.now() + tearWaitMs;
  const { size } = fstatSync(file);
  for (;;) {
    const now = fstatSync(file).size;
    if ((now > size && now % pageBytes === 0) || performance.now() > untilMs) break;
  }
  closeSync(file);
}
