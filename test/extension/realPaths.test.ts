import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RealPaths } from "../../src/extension/realPaths.js";

describe("files that are found by several paths", () => {
  let root: string;
  const at = (path: string) => join(root, path);
  const distinct = (paths: string[], known: string[] = []) =>
    new RealPaths().distinct(paths.map(at), known.map(at));
  before(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), "real-paths-")));
    mkdirSync(at("work/runs/11"), { recursive: true });
    symlinkSync(at("work/runs/11"), at("work/latest"));
    symlinkSync(at("work/runs"), at("work/all"));
    symlinkSync(at("work"), at("opened"));
  });
  after(() => rmSync(root, { recursive: true }));

  it("are given once, in their order, by the path without a link", async () => {
    const paths = ["work/latest/b", "work/runs/11/a", "work/latest/a", "work/runs/11/a", "work/all/11/a"];
    assert.deepEqual(await distinct(paths), ["work/latest/b", "work/runs/11/a"].map(at));
    const opened = ["opened/latest/a", "opened/runs/11/a"];
    assert.deepEqual(await distinct(opened), [at("opened/runs/11/a")]);
    assert.deepEqual(await distinct(opened.reverse()), [at("opened/runs/11/a")]);
  });

  it("are left out where another path stands for them already", async () => {
    assert.deepEqual(await distinct(["work/runs/11/a", "work/runs/11/b"], ["work/latest/a"]), [
      at("work/runs/11/b"),
    ]);
    const both = ["work/latest/a", "work/runs/11/a"];
    assert.deepEqual(await distinct(both, both), both.map(at), "a person named both");
  });

  it("are what they are called where their folder cannot be looked up", async () => {
    assert.deepEqual(await distinct(["no/a", "none/a"]), ["no/a", "none/a"].map(at));
  });
});
