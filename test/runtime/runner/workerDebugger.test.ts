import assert from "node:assert/strict";
import { debugpyWorker, isPythonWorker } from "../../../src/runtime/runner/workerDebugger.js";

const debugged = [
  "-Xfrozen_modules=off",
  "-m",
  "debugpy",
  "--connect",
  "127.0.0.1:5678",
  "--wait-for-client",
];

describe("a Python worker under a debugger", () => {
  it("is the same program with the same arguments, which waits for the debugger first", () => {
    for (const [worker, first, rest] of [
      [["${python}", "worker.py", "--fast"], ["${python}"], ["worker.py", "--fast"]],
      [
        ["/usr/bin/python3.12", "-u", "-W", "error", "-m", "pack.worker"],
        ["/usr/bin/python3.12", "-u", "-W", "error"],
        ["-m", "pack.worker"],
      ],
      [["python", "-c", "pass"], ["python"], ["-c", "pass"]],
    ] as const)
      assert.deepEqual(debugpyWorker(worker, "127.0.0.1:5678"), [...first, ...debugged, ...rest]);
  });

  it("is refused where the program is none of Python's, or the address is none", () => {
    for (const worker of [
      ["node", "worker.mjs"],
      ["./python-like.sh", "x"],
      ["python3"],
      ["uv", "run", "w.py"],
    ]) {
      assert.equal(isPythonWorker(worker), false);
      assert.throws(() => debugpyWorker(worker, "127.0.0.1:5678"), { code: "AJ_JOB" });
    }
    for (const address of ["5678", "a b:1", "--listen:1 x", ""])
      assert.throws(() => debugpyWorker(["python3", "w.py"], address), { code: "AJ_JOB" });
  });
});
