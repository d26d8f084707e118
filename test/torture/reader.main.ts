// Loads a checkpoint as every surface does, and says what is in it and how much memory that took.
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";

export interface Read {
  done: number;
  has: boolean[];
  reasons: string[];
  tornTail: boolean;
  maxRssMiB: number;
}

async function main([path, ...items]: string[]): Promise<void> {
  const { state, scan } = await new JsonlStore(path!).load("large");
  const read: Read = {
    done: state.done.size,
    has: items.map((item) => state.done.has(item as never)),
    reasons: scan.faults.map(({ reason }) => reason),
    tornTail: scan.tornTail,
    maxRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  process.stdout.write(JSON.stringify(read));
}

void main(process.argv.slice(2));
