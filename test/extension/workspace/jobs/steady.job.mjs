// Forty items of a tenth of a second; the fourth never works.
import { setTimeout as sleep } from "node:timers/promises";

export default {
  items: Array.from({ length: 40 }, (_, i) => `item-${String(i + 1).padStart(2, "0")}`),
  concurrency: 2,
  retry: false,
  async process(item) {
    await sleep(100);
    if (item === "item-04") throw Object.assign(new Error("429 too many requests"), { status: 429 });
    return item.toUpperCase();
  },
};
