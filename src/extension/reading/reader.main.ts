// A thread beside the extension host's: reads long checkpoints from their beginnings, one at a time.
import { MessageChannel, type MessagePort, parentPort } from "node:worker_threads";
import type { FirstReading } from "../../runtime/store/firstReading.js";
import { CheckpointFollower } from "../../runtime/store/follow.js";
import { sniffCheckpoint } from "../../runtime/store/sniff.js";
import {
  buffersOf,
  itemMaps,
  type ReadingAnswer,
  type ReadingPart,
  type ReadingRequest,
  type ReadingRest,
} from "./protocol.js";

const entriesAPart = 500;

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

function send(port: MessagePort, reading: FirstReading): void {
  for (const map of itemMaps) {
    const entries = [...reading.state[map]];
    for (let i = 0; i < entries.length; i += entriesAPart)
      port.postMessage({
        map,
        entries: entries.slice(i, i + entriesAPart) as ReadingPart["entries"],
      } satisfies ReadingPart);
    reading.state[map] = new Map();
  }
  port.postMessage({ reading } satisfies ReadingRest, buffersOf(reading.state));
}

async function answer({ id, path }: ReadingRequest): Promise<void> {
  const reading = await readingOf(path);
  if (!reading) return parentPort!.postMessage({ id, port: null } satisfies ReadingAnswer);
  const { port1, port2 } = new MessageChannel();
  send(port1, reading);
  parentPort!.postMessage({ id, port: port2 } satisfies ReadingAnswer, [port2]);
}

let last = Promise.resolve();
parentPort!.on("message", (request: ReadingRequest) => {
  last = last.then(() => answer(request));
});
