import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { encodeRecord, jobRecord } from "../../../src/runtime/format/record.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { Findings, type Row } from "../row.js";
import { Scratch } from "../scratch.js";
import { missing } from "../system.js";

// The articles' mark_done and load, letter for letter where it matters.
const snippet = `
import json, sys, time

class JsonlStore:
    def __init__(self, path):
        self._path = path

    def mark_done(self, item_id, result=None):
        record = json.dumps({"id": item_id, "ts": int(time.time())}) + "\\n"
        with open(self._path, "a") as f:
            f.write(record)

    def load(self):
        done = []
        with open(self._path) as f:
            for line in f:
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                if isinstance(record, dict) and "id" in record:
                    done.append(record["id"])
        return done

store = JsonlStore(sys.argv[1])
for line in sys.stdin:
    order = json.loads(line)
    if "mark" in order:
        store.mark_done(order["mark"])
        print("{}", flush=True)
    else:
        print(json.dumps(store.load()), flush=True)
`;

const ids = ["plain", 'quotes " and \\', "naïve ☃ 😀", "\u2028", "line\nend", ""];

/** Ours and the articles' writer by turns in one file, of their format and of ours: both sides know the same items. */
export const python: Row = {
  name: "python",
  what: "appends alternating with the articles' Python writer",
  unit: "appends to each file",
  full: 1000,
  reduced: 60,
  async run({ random, times, progress }) {
    const skip = missing({ programs: ["python3"] });
    if (skip) return skip;
    const findings = new Findings();
    const scratch = new Scratch();
    try {
      for (const format of ["article", "agent-jobs"]) {
        const path = join(scratch.path, `${format}.jsonl`);
        const first = keyOf("first");
        writeFileSync(
          path,
          format === "article"
            ? `{"id": ${first}, "ts": 1748107200}\n`
            : encodeRecord(jobRecord(0, "python", null, null)),
        );
        const marked = new Set<string>(format === "article" ? [first] : []);
        const child = spawn("python3", ["-c", snippet, path], { stdio: ["pipe", "pipe", "inherit"] });
        const ended = once(child, "close");
        try {
          const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
          const ask = async (order: object): Promise<unknown> => {
            child.stdin.write(`${JSON.stringify(order)}\n`);
            return JSON.parse((await lines.next()).value as string);
          };
          const log = await new JsonlStore(path).open("python");
          for (let i = 0; i < times; i++) {
            const id = `${random.pick(ids)} ${i}`;
            marked.add(keyOf(id));
            if (i % 2 === 0) await ask({ mark: id });
            else await log.append([{ type: "done", atMs: Date.now(), item: keyOf(id), ms: 5 }], "synced");
            progress(`${i} of ${times} in a file of the format ${format}`);
          }
          await log.close();
          const theirs = new Set(((await ask({ load: true })) as string[]).map((id) => keyOf(id)));
          const { state, scan } = await new JsonlStore(path).load("python");
          for (const item of marked) {
            if (!theirs.has(item as never)) findings.add("lost", `${format}: Python does not know ${item}`);
            if (!state.done.has(item as never)) findings.add("lost", `${format}: we do not know ${item}`);
          }
          if (theirs.size !== marked.size || state.done.size !== marked.size)
            findings.add(
              "wrong",
              `${format}: ${marked.size} items, Python sees ${theirs.size}, we ${state.done.size}`,
            );
          if (scan.faultCount > 0 || scan.format !== format)
            findings.add(
              "wrong",
              `${format}: ${scan.faultCount} faults in a file of the format ${scan.format}`,
            );
        } finally {
          child.kill();
          await ended;
        }
      }
      return findings.outcome(2 * times);
    } finally {
      scratch.remove();
    }
  },
};
