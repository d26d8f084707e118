import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { AppendFile } from "../../../src/runtime/store/appendFile.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { scratchFolder } from "../../support/cli.js";
import { scanBytes } from "../../support/scan.js";

const appender = resolve("dist/test/runtime/store/appender.main.js");
const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const line = (id: string) => Buffer.from(`{"id": "${id}", "ts": 1}\n`);

describe("AppendFile", () => {
  let folder: string;
  let remove: () => void;
  let path: string;
  beforeEach(() => {
    ({ path: folder, remove } = scratchFolder());
    path = join(folder, "a.jsonl");
  });
  afterEach(() => remove());
  const text = () => readFileSync(path, "utf8");

  it("keeps the order of its callers, across any number of batches", async () => {
    const file = await AppendFile.open(path);
    const ids = Array.from({ length: 2000 }, (_, i) => `${i}`);
    await Promise.all(ids.map((id, i) => file.append(line(id), i % 5 === 0 ? "synced" : "written")));
    await file.close();
    assert.equal(text(), ids.map((id) => line(id).toString()).join(""));
  });

  it("begins with a newline where the file does not end in one, and truncates nothing", async () => {
    for (const [before, between] of [
      ["", ""],
      ["whole\n", ""],
      ["torn", "\n"],
    ] as const) {
      writeFileSync(path, before);
      const file = await AppendFile.open(path);
      await file.append(line("a"), "synced");
      await file.close();
      assert.equal(text(), `${before}${between}${line("a").toString()}`);
    }
  });

  it("adds behind what another program has appended meanwhile", async () => {
    const file = await AppendFile.open(path);
    await file.append(line("a"), "synced");
    appendFileSync(path, line("b"));
    await file.append(line("c"), "synced");
    await file.close();
    assert.deepEqual(scanBytes(text()).done, ['"a"', '"b"', '"c"']);
  });

  it("rejects the whole batch where its check throws, and writes nothing of it", async () => {
    let isLost = false;
    const file = await AppendFile.open(path, {
      beforeBatch: () => {
        if (isLost) throw new Error("lost");
      },
    });
    await file.append(line("a"), "synced");
    isLost = true;
    const results = await Promise.allSettled([
      file.append(line("b"), "synced"),
      file.append(line("c"), "written"),
    ]);
    assert.deepEqual(
      results.map((result) => result.status),
      ["rejected", "rejected"],
    );
    isLost = false;
    await file.append(line("d"), "synced");
    await file.close();
    assert.deepEqual(scanBytes(text()).done, ['"a"', '"d"']);
  });

  it("writes each batch by one call and syncs it once, however many callers wait", function () {
    if (!has("strace")) return this.skip();
    const trace = join(folder, "trace");
    const args = [
      "-f",
      "-qq",
      "-e",
      "trace=openat,write,pwrite64,writev,pwritev,fsync,fdatasync",
      "-o",
      trace,
    ];
    execFileSync("strace", [...args, process.execPath, appender, path, "64", "1", "1", "500"]);
    const calls = readFileSync(trace, "utf8");
    const fd =
      /openat\(AT_FDCWD, "[^"]*a\.jsonl", [^)]*\)\s+= (\d+)/.exec(calls)?.[1] ?? assert.fail("never opened");
    const since = calls.slice(calls.indexOf("a.jsonl"));
    const count = (name: string) => [...since.matchAll(new RegExp(`\\b${name}\\(${fd}\\b`, "g"))].length;
    assert.deepEqual([count("write"), count("fdatasync")], [4, 4]);
    assert.deepEqual([count("pwrite64"), count("writev"), count("pwritev")], [0, 0, 0]);
    assert.equal(scanBytes(text()).done.length, 566);
  });

  describe("on a disk that is really full", () => {
    let mount: string | undefined;
    const scratch = scratchFolder();
    before(function () {
      const place = join(scratch.path, "disk");
      mkdirSync(place);
      const isMounted =
        process.getuid?.() === 0 &&
        spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", place], { stdio: "ignore" }).status ===
          0;
      if (!isMounted) return this.skip();
      mount = place;
    });
    after(() => {
      if (mount) execFileSync("umount", ["-l", mount]);
      scratch.remove();
    });

    it("refuses to open, and leaves nothing behind", async () => {
      const filler = join(mount!, "filler");
      spawnSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=4k"], { stdio: "ignore" });
      assert.ok(statSync(filler).size > 0);
      const before = readdirSync(mount!);
      await assert.rejects(new JsonlStore(join(mount!, "b.jsonl")).open("job"), { code: "AJ_WRITE" });
      assert.deepEqual(readdirSync(mount!), before);
    });

    it("ends a session in order: its lock goes, though nothing can be written", async () => {
      const filler = join(mount!, "filler");
      rmSync(filler, { force: true });
      const log = await new JsonlStore(join(mount!, "c.jsonl")).open("job");
      spawnSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=4k"], { stdio: "ignore" });
      await log.close();
      assert.equal((await new JsonlStore(join(mount!, "c.jsonl")).load("job")).holder, null);
    });
  });
});
