import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Bytes of heap and buffers that are still referred to, without the garbage that nobody has collected yet.
 *
 * @param enough what is not above this is given with its garbage: to collect it takes a second where a heap is large
 */
export function heldBytes(enough = 0): number {
  if (inUse() > enough) {
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
  }
  return inUse();
}

function inUse(): number {
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}
