import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { debugpyConfiguration } from "../../src/extension/debugItem/configurations.js";
import { readTrial } from "../../src/runtime/trial.js";
import { cliPath, scratchFolder } from "../support/cli.js";

const python = ["python3", "/usr/bin/python3"].find(
  (path) => spawnSync(path, ["-c", "import debugpy.adapter"]).status === 0,
);

const worker = `import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        value = message["item"] * 2
        print(json.dumps({"id": message["id"], "result": value}), flush=True)
`;

describe("a Python worker under debugpy", () => {
  it("stops at a breakpoint for longer than its item may take, and gives its result to be kept", async function () {
    if (!python) return this.skip();
    const folder = scratchFolder({
      "n.job.json": JSON.stringify({ items: ["ab"], worker: [python, "worker.py"], itemTimeoutMs: 500 }),
      "worker.py": worker,
    });
    try {
      const configuration = JSON.stringify(debugpyConfiguration("n", "t", folder.path));
      const at = [join(folder.path, "worker.py"), "6"];
      const tried = [process.execPath, cliPath, "try", "n.job.json", "--item=ab", "--no-time-limit"];
      const { status, stdout, stderr } = spawnSync(
        python,
        [resolve("test/python/debugpyClient.py"), configuration, ...at, ...tried, "--debugpy={address}"],
        { cwd: folder.path, encoding: "utf8" },
      );
      assert.equal(status, 0, stderr);
      assert.equal(stdout, "'abab'\n");
      assert.equal((await readTrial(join(folder.path, "checkpoints/n.jsonl")))?.done?.result, "abab");
    } finally {
      folder.remove();
    }
  });
});
