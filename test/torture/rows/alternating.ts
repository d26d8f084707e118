import { join, resolve } from "node:path";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { PythonProgram } from "../../support/pythonProgram.js";
import { Findings, type Row } from "../row.js";
import { Scratch } from "../scratch.js";
import { missing } from "../system.js";

const ids = [
  "plain",
  'quotes " and \\',
  "naïve ☃ 😀",
  "\u2028",
  "line\nend",
  "",
  "\ud83d",
  7,
  9007199254740993n,
  true,
];
type Id = (typeof ids)[number];
/** An order is JSON as JSON.stringify writes it, which has no such numbers: only we append them. */
const idsOfPython = ids.filter((id) => typeof id !== "bigint");

/** Our writer and Python's take the lock by turns and append to one file of our format: both know the same items. */
export const alternating: Row = {
  name: "python-alternating",
  what: "our writer and Python's append by turns, each under the lock",
  unit: "appends of each",
  full: 1000,
  reduced: 20,
  async run({ random, times, progress }) {
    const skip = missing({ programs: ["python3"] });
    if (skip) return skip;
    const findings = new Findings();
    const scratch = new Scratch();
    const path = join(scratch.path, "checkpoints", "a.jsonl");
    const theirs = new PythonProgram([resolve("test/torture/actor.py"), "serve", path]);
    const marked = new Set<string>();
    const nextId = <T extends Id>(all: readonly T[], i: number): Id => {
      const id: Id = random.pick(all);
      if (typeof id === "string") return `${id} ${i}`;
      return typeof id === "boolean" ? `${id} ${i}` : typeof id === "bigint" ? id + BigInt(i) : id + i * 10;
    };
    const ask = async (order: object) => {
      const answer = await theirs.ask<{ code?: string; message?: string }>(order);
      if (answer.code !== undefined) findings.add("thrown", `${JSON.stringify(order)}: ${answer.message}`);
    };
    try {
      await theirs.next();
      for (let i = 0; i < times && findings.problems.length < 5; i++) {
        const [ours, other] = [nextId(ids, 2 * i), nextId(idsOfPython, 2 * i + 1)];
        const log = await new JsonlStore(path).open("job");
        await log.append([{ type: "done", atMs: Date.now(), item: keyOf(ours), ms: 5 }], "synced");
        // While one holds the lock, the other is refused.
        if (i % 50 === 0) {
          const { code } = await theirs.ask<{ code?: string }>({ do: "open", path });
          if (code !== "AJ_HELD") findings.add("wrong", `opened beside us: ${code}`);
        }
        await log.close();
        await ask({ do: "open", path });
        await ask({ do: "append", ids: [other] });
        if (i % 50 === 0) {
          const refused = await new JsonlStore(path).open("job").then(
            () => "opened",
            (error: { code?: string }) => error.code,
          );
          if (refused !== "AJ_HELD") findings.add("wrong", `opened beside Python: ${refused}`);
        }
        await ask({ do: "close" });
        for (const id of [ours, other]) marked.add(keyOf(id));
        progress(`${i} of ${times}`);
      }
      const { done, faults } = await theirs.ask<{ done: string[]; faults: unknown[] }>({ do: "load" });
      const { state, scan } = await new JsonlStore(path).load("job");
      for (const [who, found] of [
        ["Python", new Set(done)],
        ["we", new Set<string>(state.done)],
      ] as const) {
        for (const item of marked) if (!found.has(item)) findings.add("lost", `${who} do not know ${item}`);
        if (found.size !== marked.size)
          findings.add("wrong", `${who} see ${found.size} of ${marked.size} items`);
      }
      if (scan.faultCount > 0 || faults.length > 0 || scan.format !== "agent-jobs")
        findings.add(
          "wrong",
          `${scan.faultCount} and ${faults.length} faults in a file of the format ${scan.format}`,
        );
      return findings.outcome(2 * times, `${marked.size} items`);
    } finally {
      await theirs.end();
      scratch.remove();
    }
  },
};
