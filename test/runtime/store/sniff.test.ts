import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sniffCheckpoint } from "../../../src/runtime/store/sniff.js";
import { root } from "../../setup/root.js";
import { scratchFolder } from "../../support/cli.js";
import { checksummed } from "../../support/scan.js";

describe("a look at a file's beginning", () => {
  let folder: string;
  let remove: () => void;
  beforeEach(() => {
    ({ path: folder, remove } = scratchFolder());
  });
  afterEach(() => remove());
  async function sniff(bytes: string | Buffer): Promise<string> {
    writeFileSync(join(folder, "a"), bytes);
    return sniffCheckpoint(join(folder, "a"));
  }
  const long = "x".repeat(10_000);

  it("knows each format, also where the first line is longer than the look", async () => {
    assert.equal(await sniff(""), "empty");
    assert.equal(await sniff(checksummed('{"type":"job","ts":1,"v":1,"job":"j"')), "agent-jobs");
    assert.equal(await sniff('{"id": "a", "ts": 1}'), "article");
    assert.equal(await sniff(`{"id": "a", "ts": 1, "result": "${long}"}\n`), "article");
    assert.equal(await sniff(`{"turn":1,"state":"${long}","completed_items":[]}\n`), "agent-resume");
    assert.equal(await sniff(`{"completed_items":[],"state":"${long}","turn":1}\n`), "agent-resume");
    const fixture = (name: string) => sniffCheckpoint(join(root, "test/fixtures", name));
    assert.equal(await fixture("agent-resume-py/21-quadratic-200-items.ckpt"), "agent-resume");
    assert.equal(await fixture("handmade/nul-tail.ckpt"), "agent-resume");
  });

  it("tells binaries from text that is no checkpoint", async () => {
    assert.equal(await sniff(Buffer.from([0x80, 0x02, 0x7d, 0x71, 0x00, 0x58])), "binary");
    assert.equal(await sniff(Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(5000, 7)])), "binary");
    assert.equal(await sniff("conversation\n"), "unknown");
    assert.equal(await sniff('{"role":"user"}\n'), "unknown");
    assert.equal(await sniffCheckpoint(join(root, "test/fixtures/synapse/option2_agent_jobs.db")), "binary");
  });

  it("finds nothing where there is no file", async () => {
    mkdirSync(join(folder, "folder"));
    symlinkSync(join(folder, "folder"), join(folder, "link"), "junction");
    for (const name of ["nothing", "folder", "link"])
      assert.equal(await sniffCheckpoint(join(folder, name)), "missing");
  });
});
