import { join } from "node:path";
import { type Language, runTraced } from "../actor.js";
import { checkLoaded } from "../checks.js";
import { Findings, type Row } from "../row.js";
import { Scratch } from "../scratch.js";
import { missing } from "../system.js";

const errors = ["ENOSPC", "EIO", "EINTR", "EAGAIN"];
const callNames = ["write", "fdatasync"];
/** With the header and the start of the run, more than are made to fail. */
const appended = 22;

/** One call fails, the next ones do not: whoever was told that his record is safe finds it. */
const failingCallsOf = (language: Language, name: string, who: string, reduced: number): Row => ({
  name,
  what: `ENOSPC, EIO, EINTR, EAGAIN of each of the first writes and fdatasyncs${who}`,
  unit: "calls of each kind",
  full: 20,
  reduced,
  async run({ times, progress }) {
    const skip = missing({
      linux: true,
      programs: ["strace", ...(language === "python" ? ["python3"] : [])],
    });
    if (skip) return skip;
    const findings = new Findings();
    const scratch = new Scratch();
    let cases = 0;
    let rejected = 0;
    try {
      // Fewer than all of them: spread over the twenty.
      for (const call of callNames)
        for (const error of errors)
          for (let nth = Math.ceil(20 / times); nth <= 20; nth += Math.ceil(20 / times)) {
            const path = join(scratch.path, `${call}-${error}-${nth}.jsonl`);
            const where = `${error} of ${call} ${nth}`;
            // By its path: the thread also writes to wake the main one, and that must not fail.
            const inject = [
              "-P",
              path,
              "-e",
              `trace=${call}`,
              "-e",
              `inject=${call}:error=${error}:when=${nth}`,
              "-o",
              "/dev/null",
            ];
            const actor = await runTraced("append", [path, appended, 100], "pool", inject, language);
            cases++;
            rejected += actor.rejected.length;
            // Without its header nothing at all is done, and it is said why.
            const refusedToOpen = actor.threw?.includes("AJ_WRITE") && actor.acknowledged.length === 0;
            if (!actor.completed && !refusedToOpen) findings.add("thrown", `${where}: ${actor.threw}`);
            if (actor.rejected.length > 1)
              findings.add(
                "wrong",
                `${where}: ${actor.rejected.length} records were refused for one failed call`,
              );
            // libuv makes an interrupted call again by itself; a failed sync is never let pass.
            const isTold = actor.rejected.length > 0 || refusedToOpen;
            if (call === "fdatasync" && error !== "EINTR" && !isTold)
              findings.add("wrong", `${where}: nobody was told`);
            await checkLoaded(path, actor.acknowledged, findings, where);
            progress(`${cases} calls`);
          }
      return findings.outcome(cases, `${rejected} records were refused`);
    } finally {
      scratch.remove();
    }
  },
});

export const failingCalls = failingCallsOf("node", "failing-calls", "", 3);
export const pythonFailingCalls = failingCallsOf("python", "python-failing-calls", " of Python's writer", 1);
