import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { worstOf } from "../../src/cli/eachTarget.js";
import { AgentResume } from "../../src/runtime/session/agentResume.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { runCli, scratchFolder } from "../support/cli.js";

describe("commands on several checkpoints", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(async () => {
    folder = scratchFolder();
    for (const name of ["a", "b", "c"]) await write(name);
  });
  afterEach(() => folder.remove());
  const at = (name: string) => join(folder.path, `${name}.jsonl`);
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });
  const agent = (name: string) => new AgentResume({ store: new JsonlStore(at(name)) });
  const text = (name: string) => readFileSync(at(name), "utf8");
  const damage = (name: string) => writeFileSync(at(name), text(name).replace('"id":"one"', '"id":"öne"'));

  /** Two runs, of which the second repeats a failure: there is something to compact. */
  async function write(name: string): Promise<void> {
    for (let run = 0; run < 2; run++)
      await agent(name).resumeOrStart(name, async (session) => {
        for (const item of session.remaining(["one", "two"]))
          if (item === "two") await session.markFailed(item, new Error("no"));
          else await session.markDone(item);
      });
  }

  for (const [name, ...flags] of [
    ["clear", "--yes"],
    ["compact", "--yes"],
    ["repair", "--yes"],
    ["clear", "--undo"],
    ["repair", "--undo", "--yes"],
  ] as [string, ...string[]][])
    it(`${name} ${flags.join(" ")}: a live run of the last keeps the first from being changed`, async () => {
      if (flags.includes("--undo")) await cli("clear", "a.jsonl", "b.jsonl", "c.jsonl", "--yes");
      else if (name === "repair") for (const one of ["a", "b", "c"]) damage(one);
      const texts = () => ["a", "b"].map((one) => existsSync(at(one)) && text(one));
      const before = texts();
      const options = { onDamage: "continue" } as const;
      await agent("c").resumeOrStart(
        "c",
        async () => {
          const { code, stderr } = await cli(name, "a.jsonl", "b.jsonl", "c.jsonl", ...flags);
          assert.equal(code, 4, stderr);
          assert.match(
            stderr,
            /c\.jsonl(?: back)?: held by pid .*\n.*Nothing was changed, the others included/,
          );
        },
        options,
      );
      assert.deepEqual(texts(), before);
    });

  it("a run on a whole checkpoint is in no repair's way", async () => {
    damage("a");
    await agent("c").resumeOrStart("c", async () => {
      const { code, stderr } = await cli("repair", "a.jsonl", "c.jsonl", "--yes");
      assert.equal(code, 0, stderr);
    });
    assert.doesNotMatch(text("a"), /öne/);
  });

  it("goes on after one that cannot be cleared, tells which, and ends with its exit code", async () => {
    writeFileSync(at("b"), "just notes\n");
    const { code, stdout, stderr } = await cli("clear", "a.jsonl", "b.jsonl", "c.jsonl", "--yes", "--json");
    assert.equal(code, 2);
    assert.match(stderr, /no checkpoint of a format/);
    const { cleared, failed } = JSON.parse(stdout);
    assert.deepEqual(
      [cleared, failed].map((list) => list.map(({ checkpoint }: { checkpoint: string }) => checkpoint)),
      [[at("a"), at("c")], [at("b")]],
    );
    assert.deepEqual(
      ["a", "b", "c"].map((name) => existsSync(at(name))),
      [false, true, false],
    );
  });

  it("goes on after one that cannot be compacted for damage: 3", async () => {
    damage("a");
    const { code, stdout } = await cli("compact", "a.jsonl", "b.jsonl", "--yes", "--json");
    assert.equal(code, 3);
    const { plans, failed } = JSON.parse(stdout);
    assert.deepEqual([plans.length, plans[0].changes, failed.length], [1, true, 1]);
  });

  it("goes on after one that cannot be repaired or brought back: 2 beats 3", async () => {
    damage("a");
    const dry = await cli("repair", "a.jsonl", "nowhere.jsonl", "b.jsonl", "--dry-run", "--json");
    assert.equal(dry.code, 2);
    const { plans, failed } = JSON.parse(dry.stdout);
    assert.deepEqual([plans.length, failed.length], [2, 1]);
    await cli("clear", "b.jsonl", "--yes");
    const undone = await cli("repair", "a.jsonl", "b.jsonl", "--undo");
    assert.equal(undone.code, 2);
    assert.ok(existsSync(at("b")));
  });

  it("asks about none after one that nobody could be asked about, and takes a path named twice once", async () => {
    const { code, stderr } = await cli("clear", "a.jsonl", "b.jsonl");
    assert.equal(code, 5);
    assert.equal(stderr.match(/Nobody can be asked/g)?.length, 1);
    const twice = await cli("clear", "a.jsonl", "./a.jsonl", "--yes", "--json");
    assert.equal(JSON.parse(twice.stdout).cleared.length, 1);
  });

  it("ends with the code that says most", () => {
    assert.deepEqual([[0, 3], [3, 0, 2], [0, 4, 3], [74, 4], []].map(worstOf), [3, 2, 4, 74, 0]);
  });
});
