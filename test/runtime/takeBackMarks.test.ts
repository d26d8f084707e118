import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { markDoneByPerson } from "../../src/runtime/doubt.js";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { AgentResume } from "../../src/runtime/session/agentResume.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { takeBackMarks } from "../../src/runtime/takeBackMarks.js";
import { scratchFolder } from "../support/cli.js";

describe("taking back a person's marks", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let path: string;
  beforeEach(async () => {
    folder = scratchFolder({});
    path = `${folder.path}/j.jsonl`;
    await new AgentResume({ store: new JsonlStore(path) }).resumeOrStart("j", async (session) => {
      for (const item of session.remaining(["a", "b", "c", "d"])) await session.markStarted(item);
      await session.markDone("d", { n: 4 });
    });
  });
  afterEach(() => folder.remove());
  const text = () => readFileSync(path, "utf8");

  it("leaves the file as it was before them, byte for byte, and keeps what it was with them", async () => {
    const before = text();
    assert.equal(await markDoneByPerson(path, "j", [keyOf("a"), keyOf("b")]), 2);
    const marked = text();
    assert.equal(await takeBackMarks(path, [keyOf("a"), keyOf("b")]), 2);
    assert.equal(text(), before);
    const backups = readdirSync(folder.path).filter((name) => name.includes(".bak-"));
    assert.deepEqual(
      backups.map((name) => readFileSync(`${folder.path}/${name}`, "utf8")),
      [marked],
    );
  });

  it("takes back those that are named, and nothing that a run did since", async () => {
    await markDoneByPerson(path, "j", [keyOf("a"), keyOf("b")]);
    await new AgentResume({ store: new JsonlStore(path) }).resumeOrStart("j", (session) =>
      session.markDone("c", 3),
    );
    assert.equal(await takeBackMarks(path, [keyOf("a"), keyOf("c"), keyOf("d")]), 1);
    const { state } = await new JsonlStore(path).load("j");
    assert.deepEqual([...state.done].sort(), ['"b"', '"c"', '"d"']);
    assert.equal(state.open.get(keyOf("a"))?.phase, "started");
  });

  it("changes nothing where there is none, and is refused while a run holds the job", async () => {
    const before = text();
    assert.equal(await takeBackMarks(path, [keyOf("d")]), 0);
    assert.equal(text(), before);
    await markDoneByPerson(path, "j", [keyOf("a")]);
    await new AgentResume({ store: new JsonlStore(path) }).resumeOrStart("j", async () => {
      await assert.rejects(takeBackMarks(path, [keyOf("a")]), { code: "AJ_HELD" });
    });
  });
});
