import assert from "node:assert/strict";
import { mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { placeOutside } from "../../../src/runtime/runner/place.js";
import { scratchFolder } from "../../support/cli.js";

describe("where a checkpoint really lies", () => {
  let scratch: ReturnType<typeof scratchFolder>;
  let at: (...names: string[]) => string;
  before(() => {
    scratch = scratchFolder();
    const root = realpathSync(scratch.path);
    at = (...names) => join(root, ...names);
    for (const name of ["open/jobs", "open-too", "outside/deep", "..odd"])
      mkdirSync(at(name), { recursive: true });
    symlinkSync(at("outside"), at("open/jobs/checkpoints"));
    symlinkSync(at("open/jobs"), at("open/inside"));
    symlinkSync(at("open"), at("other-name"));
  });
  after(() => scratch.remove());

  it("is outside where its folder is a link that leads out, also for a folder that is yet to be made", async () => {
    const roots = [at("open"), at("open-too")];
    assert.equal(await placeOutside(at("open/jobs/checkpoints/a.jsonl"), roots), at("outside"));
    assert.equal(await placeOutside(at("open/jobs/checkpoints/new/er/a.jsonl"), roots), at("outside/new/er"));
    assert.equal(await placeOutside(at("open/../outside/a.jsonl"), roots), at("outside"));
    assert.equal(await placeOutside(at("open-not/a.jsonl"), roots), at("open-not"));
    assert.equal(await placeOutside(at("a.jsonl"), roots), at());
    assert.equal(await placeOutside(at("open/a.jsonl"), []), at("open"));
  });

  it("is inside by whatever name one comes there", async () => {
    for (const path of [
      "open/a.jsonl",
      "open/jobs/x/a.jsonl",
      "open/inside/a.jsonl",
      "other-name/jobs/a.jsonl",
      "open-too/a",
    ])
      assert.equal(await placeOutside(at(path), [at("open"), at("open-too")]), null, path);
    assert.equal(await placeOutside(at("open/jobs/a.jsonl"), [at("other-name")]), null);
    assert.equal(await placeOutside(at("..odd/a.jsonl"), [at()]), null);
  });
});
