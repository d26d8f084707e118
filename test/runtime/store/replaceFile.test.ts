import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { clearCheckpoint, undoLast } from "../../../src/runtime/backups.js";
import { AgentResume } from "../../../src/runtime/session/agentResume.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { Lock } from "../../../src/runtime/store/lock.js";
import {
  backupsOf,
  type FileIdentity,
  identify,
  type Replacing,
  replaceFile,
} from "../../../src/runtime/store/replaceFile.js";
import { scratchFolder } from "../../support/cli.js";

describe("Replacing a checkpoint", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let path: string;
  let planned: FileIdentity;
  beforeEach(async () => {
    folder = scratchFolder({ "a.jsonl": "old\n" });
    path = join(folder.path, "a.jsonl");
    planned = await identify(path);
  });
  afterEach(() => folder.remove());
  const names = () => readdirSync(folder.path).sort();
  const text = (name = path) => readFileSync(name, "utf8");
  const writes = async ({ target }: Replacing) => target.writeFile("new\n");

  it("keeps the original and its mode, and what is kept aside under the same time", async () => {
    const { backup, aside } = await replaceFile(path, planned, async ({ source, target, keepAside }) => {
      await target.writeFile(`new ${await source.readFile("utf8")}`);
      await (await keepAside("dropped")).writeFile("gone\n");
    });
    assert.equal(text(), "new old\n");
    assert.equal(text(backup), "old\n");
    assert.equal(text(aside.dropped!), "gone\n");
    assert.equal(aside.dropped, backup.replace(".bak-", ".dropped-"));
    assert.equal(statSync(path).mode & 0o777, planned.mode);
    assert.deepEqual(names(), ["a.jsonl", basename(backup), basename(aside.dropped!)]);
  });

  it("touches nothing where the file grew, was touched or was replaced since it was looked at", async () => {
    const before = { ...planned };
    utimesSync(path, 1, 1);
    await assert.rejects(replaceFile(path, before, writes), { code: "AJ_CHANGED" });
    const touched = await identify(path);
    appendFileSync(path, "more\n");
    await assert.rejects(replaceFile(path, touched, writes), { code: "AJ_CHANGED" });
    assert.deepEqual([text(), names()], ["old\nmore\n", ["a.jsonl"]]);
  });

  it("touches nothing where the file changes while its replacement is written", async () => {
    const grown = async (replacing: Replacing) => {
      await writes(replacing);
      appendFileSync(path, "more\n");
    };
    await assert.rejects(replaceFile(path, planned, grown), { code: "AJ_CHANGED" });
    assert.deepEqual([text(), names()], ["old\nmore\n", ["a.jsonl"]]);
  });

  it("leaves the original and no litter where writing fails or is aborted", async () => {
    const failing = async ({ target, keepAside }: Replacing) => {
      await target.writeFile("half");
      await keepAside("dropped");
      throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
    };
    await assert.rejects(replaceFile(path, planned, failing), { code: "AJ_WRITE", systemCode: "ENOSPC" });
    assert.deepEqual([text(), names()], ["old\n", ["a.jsonl"]]);
    const controller = new AbortController();
    const cancelled = async (replacing: Replacing) => {
      await writes(replacing);
      controller.abort();
    };
    const { signal } = controller;
    await assert.rejects(replaceFile(path, planned, cancelled, { signal }), { name: "AbortError" });
    assert.deepEqual([text(), names()], ["old\n", ["a.jsonl"]]);
  });

  it("is refused beside an open session of the same process, as clearing and undoing are", async () => {
    const own = join(folder.path, "own.jsonl");
    const session = await new AgentResume({ store: new JsonlStore(own) }).resumeOrStart("own");
    const identity = await identify(own);
    for (const change of [
      () => replaceFile(own, identity, writes),
      () => clearCheckpoint(own),
      () => undoLast(own),
    ])
      await assert.rejects(change(), { code: "AJ_HELD", message: /this process .* has it open/ });
    await session.markDone("a");
    await session.close();
    await assert.rejects(replaceFile(own, identity, writes), { code: "AJ_CHANGED" });
  });

  it("keeps a session of the same process out while it is under way", async () => {
    await replaceFile(path, planned, async (replacing) => {
      await writes(replacing);
      await assert.rejects(Lock.acquire(path), { code: "AJ_HELD" });
    });
    await (await Lock.acquire(path)).release();
    assert.equal(text(), "new\n");
  });

  it("sweeps what a killed one left, and never takes it for a backup", async () => {
    writeFileSync(`${path}.draft-dead`, "half");
    linkSync(path, `${path}.bak-20260101T000000Z`);
    writeFileSync(`${path}.dropped-20260101T000000Z`, "dropped");
    assert.deepEqual(await backupsOf(path), []);
    await assert.rejects(undoLast(path), { code: "AJ_READ" });
    const { backup } = await replaceFile(path, await identify(path), writes);
    assert.deepEqual(names(), ["a.jsonl", basename(backup)]);
    assert.deepEqual(await backupsOf(path), [backup]);
  });

  it("names a newer backup later than all before, even where the clock was set back", async () => {
    writeFileSync(`${path}.bak-29990101T000000Z`, "of the future\n");
    const { backup } = await replaceFile(path, planned, writes);
    assert.equal(backup, `${path}.bak-29990101T000000Z-02`);
    assert.equal((await undoLast(path)).restored, backup);
    assert.equal(text(), "old\n");
    assert.equal((await undoLast(path)).restored, `${path}.bak-29990101T000000Z-03`);
    assert.equal(text(), "new\n");
  });

  it("brings events back with a cleared checkpoint, and leaves a repaired one its own", async () => {
    writeFileSync(`${path}.events`, "events\n");
    await replaceFile(path, planned, writes);
    await undoLast(path);
    assert.deepEqual([text(), text(`${path}.events`)], ["old\n", "events\n"]);
    const cleared = await clearCheckpoint(path);
    assert.deepEqual([existsSync(path), existsSync(`${path}.events`)], [false, false]);
    assert.equal(text(`${cleared}.events`), "events\n");
    await undoLast(path);
    assert.deepEqual([text(), text(`${path}.events`)], ["old\n", "events\n"]);
  });
});
