// A thread beside the extension host's: reads long checkpoints from their beginnings, one at a time.
import { parentPort } from "node:worker_threads";
import { buffersOf, type FirstReading } from "../../runtime/store/firstReading.js";
import { CheckpointFollower } from "../../runtime/store/follow.js";
import { sniffCheckpoint } from "../../runtime/store/sniff.js";
import type { ReadingAnswer, ReadingRequest } from "./protocol.js";

/** Undefined for a file of another format, and for whatever goes wrong: the extension host meets it, too, and has words for it. */
async function readingOf(path: string): Promise<FirstReading | undefined> {
  try {
    if ((await sniffCheckpoint(path)) !== "agent-jobs") return undefined;
    const follower = new CheckpointFollower(path);
    await follower.refresh();
    return follower.pack();
  } catch {
    return undefined;
  }
}

async function answer({ id, path }: ReadingRequest): Promise<void> {
  const reading = await readingOf(path);
  parentPort!.postMessage({ id, reading } satisfies ReadingAnswer, reading ? buffersOf(reading.state) : []);
}

let last = Promise.resolve();
parentPort!.on("message", (request: ReadingRequest) => {
  last = last.then(() => answer(request));
});
