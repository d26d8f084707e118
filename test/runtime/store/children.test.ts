import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { childrenPathOf, orphansOf } from "../../../src/runtime/store/children.js";
import { lookAt, ownIdentity } from "../../../src/runtime/store/processIdentity.js";
import { scratchFolder } from "../../support/cli.js";

describe("the programs that a killed run left behind", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let path: string;
  beforeEach(() => {
    folder = scratchFolder();
    path = join(folder.path, "a.jsonl");
  });
  afterEach(() => folder.remove());

  it("are ended only where a start time proves them: without one they are at most in the way", async () => {
    const { pid } = process;
    const { startTime } = await lookAt(pid);
    for (const [noted, proven, possible] of [
      [startTime, startTime === null ? [] : [pid], [pid]],
      [null, [], [pid]],
      ["1", [], startTime === null ? [pid] : []],
    ] as const) {
      const register = { of: await ownIdentity(), children: [{ pid, startTime: noted }] };
      writeFileSync(childrenPathOf(path), JSON.stringify(register));
      assert.deepEqual(await orphansOf(path), proven, `noted ${noted}`);
      assert.deepEqual(await orphansOf(path, true), possible, `noted ${noted}`);
    }
  });
});
