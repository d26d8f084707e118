import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { root } from "../../setup/root.js";
import { scratchFolder } from "../../support/cli.js";
import { checksummed } from "../../support/scan.js";
import { storeConformance } from "./conformance.js";

const fixture = (name: string) => join(root, "test/fixtures", name);
const place = (name: string, from?: string) => async () => {
  const { path: folder, remove } = scratchFolder();
  const path = join(folder, name);
  if (from) copyFileSync(fixture(from), path);
  return { connect: () => new JsonlStore(path), dispose: remove };
};

storeConformance("A JSONL file", place("a.jsonl"));
storeConformance("An article's file", place("a.jsonl", "article/a8-complete-record-no-newline.jsonl"));
storeConformance("An article's file with a torn tail", place("a.jsonl", "article/a3-torn-tail.jsonl"));
storeConformance("An agent-resume file", place("a.ckpt", "agent-resume-py/17-item-key-ids.ckpt"));
storeConformance(
  "An agent-resume file with a torn tail",
  place("a.ckpt", "agent-resume-py/06-torn-tail.ckpt"),
);

describe("A JSONL file", () => {
  let folder: string;
  let remove: () => void;
  beforeEach(() => {
    ({ path: folder, remove } = scratchFolder());
  });
  afterEach(() => remove());
  const open = (path: string) => new JsonlStore(join(folder, path)).open("job");
  const done = (id: string) => ({ type: "done" as const, atMs: 0, item: keyOf(id) });

  it("is made with its folder, for its owner alone and out of version control", async () => {
    await (await open("new/checkpoints/a.jsonl")).close();
    const checkpoints = join(folder, "new/checkpoints");
    assert.deepEqual(readdirSync(checkpoints).sort(), [".gitignore", "a.jsonl"]);
    assert.equal(readFileSync(join(checkpoints, ".gitignore"), "utf8"), "*\n");
    if (process.platform !== "win32")
      assert.equal(statSync(join(checkpoints, "a.jsonl")).mode & 0o777, 0o600);
  });

  it("leaves the version control of a folder alone that was there before", async () => {
    mkdirSync(join(folder, "checkpoints"));
    await (await open("checkpoints/a.jsonl")).close();
    assert.deepEqual(readdirSync(join(folder, "checkpoints")), ["a.jsonl"]);
  });

  it("must be a file: a folder, a link, a dangling link and a FIFO are refused, and nothing is left behind", async function () {
    if (process.platform === "win32") return this.skip();
    writeFileSync(join(folder, "target"), "");
    mkdirSync(join(folder, "folder.jsonl"));
    symlinkSync(join(folder, "target"), join(folder, "link.jsonl"));
    symlinkSync(join(folder, "nowhere"), join(folder, "dangling.jsonl"));
    execFileSync("mkfifo", [join(folder, "fifo.jsonl")]);
    const before = readdirSync(folder).sort();
    for (const name of ["folder.jsonl", "link.jsonl", "dangling.jsonl", "fifo.jsonl"]) {
      await assert.rejects(open(name), { code: "AJ_NOT_A_FILE" }, name);
      await assert.rejects(new JsonlStore(join(folder, name)).load("job"), { code: "AJ_NOT_A_FILE" }, name);
    }
    await assert.rejects(open("target/a.jsonl"), { code: "AJ_NOT_A_FILE" });
    assert.deepEqual(readdirSync(folder).sort(), before);
    assert.equal(existsSync(join(folder, "nowhere")), false);
  });

  it("of no known format, or of a newer version, is refused and stays as it is", async () => {
    const newer = checksummed('{"type":"job","ts":1,"v":2,"job":"job"');
    for (const [bytes, code] of [
      ['{"content":"hi","role":"user"}\n', "AJ_UNKNOWN_FORMAT"],
      ["no checkpoint at all", "AJ_UNKNOWN_FORMAT"],
      [newer, "AJ_NEWER_FORMAT"],
    ] as const) {
      writeFileSync(join(folder, "a.jsonl"), bytes);
      await assert.rejects(open("a.jsonl"), { code });
      assert.deepEqual(readFileSync(join(folder, "a.jsonl")), Buffer.from(bytes as string));
      assert.deepEqual(readdirSync(folder), ["a.jsonl"]);
    }
    assert.equal((await new JsonlStore(join(folder, "a.jsonl")).load("job")).state.formatVersion, 2);
  });

  it("that is damaged is refused, or continued with its damaged lines kept", async () => {
    const log = await open("a.jsonl");
    await log.append([done("a"), done("b")], "synced");
    await log.close();
    const damaged = readFileSync(join(folder, "a.jsonl"), "utf8").replace('"id":"a"', '"id":"A"');
    writeFileSync(join(folder, "a.jsonl"), damaged);
    await assert.rejects(open("a.jsonl"), { code: "AJ_DAMAGED" });
    const goingOn = await new JsonlStore(join(folder, "a.jsonl")).open("job", { onDamage: "continue" });
    assert.deepEqual([...goingOn.state.done], [keyOf("b")]);
    await goingOn.append([done("a")], "synced");
    await goingOn.close();
    assert.ok(readFileSync(join(folder, "a.jsonl"), "utf8").startsWith(damaged));
  });

  it("names its first damaged line only where that is known", async () => {
    writeFileSync(join(folder, "a.jsonl"), `${"{\n".repeat(1500)}x\n${checksummed('{"id":"a","ts":1')}`);
    await assert.rejects(open("a.jsonl"), ({ code, message }: Error & { code: string }) => {
      return code === "AJ_DAMAGED" && !message.includes("undefined");
    });
  });
});
