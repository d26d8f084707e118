import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { requestStop, stopPathOf } from "../../../src/runtime/store/stopRequest.js";
import { scratchFolder } from "../../support/cli.js";

describe("a request to stop", () => {
  let remove: () => void;
  let path: string;
  beforeEach(() => {
    const scratch = scratchFolder();
    remove = scratch.remove;
    path = join(scratch.path, "a.jsonl");
  });
  afterEach(() => remove());

  it("reaches the run that lives, and goes with it", async () => {
    const log = await new JsonlStore(path).open("job");
    assert.equal(await log.stopRequested(), false);
    assert.equal(await requestStop(path), log.token);
    assert.equal(await log.stopRequested(), true);
    await log.close();
    assert.equal(existsSync(stopPathOf(path)), false);
  });

  it("is not made where nothing runs", async () => {
    assert.equal(await requestStop(path), null);
    assert.equal(existsSync(stopPathOf(path)), false);
  });

  it("to an earlier run is none to a later one", async () => {
    writeFileSync(stopPathOf(path), "an earlier token\n");
    const log = await new JsonlStore(path).open("job");
    assert.equal(await log.stopRequested(), false);
    await log.close();
  });
});
