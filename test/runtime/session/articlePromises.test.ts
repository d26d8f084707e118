// The six groups of tests that the agent-resume articles list, for every kind of file that a session may continue.
import assert from "node:assert/strict";
import { appendFileSync, copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { AgentResume } from "../../../src/runtime/session/agentResume.js";
import type { Session } from "../../../src/runtime/session/session.js";
import { latestRun } from "../../../src/runtime/state/jobState.js";
import { endingOf } from "../../../src/runtime/state/status.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { root } from "../../setup/root.js";
import { scratchFolder } from "../../support/cli.js";

const items = Array.from({ length: 10 }, (_, i) => ({ id: `work-${i}`, text: `text ${i}` }));
const idsOf = (some: Iterable<{ id: string }>) => [...some].map((item) => item.id);

const files: Record<string, string | undefined> = {
  "a new file": undefined,
  "an article's file": "article/a1-half-847-of-1000.jsonl",
  "an agent-resume file": "agent-resume-py/17-item-key-ids.ckpt",
};

for (const [name, fixture] of Object.entries(files))
  describe(`A job in ${name}`, () => {
    let remove: () => void;
    let path: string;
    beforeEach(() => {
      const scratch = scratchFolder();
      remove = scratch.remove;
      path = join(scratch.path, "job.jsonl");
      if (fixture) copyFileSync(join(root, "test/fixtures", fixture), path);
    });
    afterEach(() => remove());
    const agent = () => new AgentResume({ store: new JsonlStore(path) });
    const load = () => new JsonlStore(path).load("job");

    /** Works on what remains, and ends by itself after some items. Gives the ids that were worked on. */
    async function work(count = Number.POSITIVE_INFINITY): Promise<string[]> {
      const worked: string[] = [];
      await agent().resumeOrStart("job", async (session) => {
        for (const item of session.remaining(items)) {
          if (worked.length === count) break;
          await session.markDone(item.id, { summary: item.text });
          worked.push(item.id);
        }
      });
      return worked;
    }

    describe("fresh start", () => {
      it("gives every item, in order", async () => {
        assert.deepEqual(await work(), idsOf(items));
        assert.equal((await load()).state.total, 10);
      });
    });

    describe("resume in the middle", () => {
      it("gives exactly the items that have no record, again in order", async () => {
        assert.deepEqual(await work(4), idsOf(items.slice(0, 4)));
        assert.deepEqual(await work(3), idsOf(items.slice(4, 7)));
        assert.deepEqual(await work(), idsOf(items.slice(7)));
      });

      it("goes by id, not by place: items may come, go and change places", async () => {
        await work(4);
        await agent().resumeOrStart("job", async (session) => {
          const changed = [{ id: "first", text: "" }, ...items.slice(2).reverse()];
          assert.deepEqual(idsOf(session.remaining(changed)), ["first", ...idsOf(items.slice(4)).reverse()]);
        });
      });
    });

    describe("resume at both ends", () => {
      it("gives everything when nothing was done", async () => {
        assert.deepEqual(await work(0), []);
        assert.deepEqual(await work(), idsOf(items));
      });

      it("gives nothing when all was done, and says that it finished", async () => {
        await work();
        assert.deepEqual(await work(), []);
        const { state } = await load();
        const run = latestRun(state)!;
        assert.deepEqual([run.run, endingOf(run)], [2, "finished"]);
      });
    });

    describe("markDone twice", () => {
      it("is harmless: one after the other, at the same time, and in a later run", async () => {
        const writes = async (session: Session) => {
          await Promise.all([session.markDone("a", 1), session.markDone("a", 2)]);
          const { length } = readFileSync(path);
          await session.markDone("a", 3);
          assert.equal(readFileSync(path).length, length);
        };
        for (let run = 0; run < 2; run++) await agent().resumeOrStart("job", writes);
        const text = readFileSync(path, "utf8");
        if (!name.includes("agent-resume")) assert.equal(text.split('"a"').length - 1, 1);
        assert.ok((await load()).state.done.has(keyOf("a")));
      });
    });

    describe("partial write", () => {
      it("a torn record is skipped, its item is given again, and nothing after it is lost", async () => {
        await work(5);
        const whole = readFileSync(path);
        appendFileSync(path, whole.subarray(whole.lastIndexOf(0x0a, whole.length - 2) + 1, whole.length - 9));
        assert.equal((await load()).scan.tornTail, true);
        assert.deepEqual(await work(3), idsOf(items.slice(5, 8)));
        assert.deepEqual(await work(), idsOf(items.slice(8)));
        const { state, scan } = await load();
        assert.deepEqual([scan.damageCount, scan.tornTail], [0, false]);
        for (const { id } of items) assert.ok(state.done.has(keyOf(id)), id);
      });
    });

    describe("leaving the scope", () => {
      it("closes the session, whether the work ends or throws", async () => {
        let kept: Session | undefined;
        const boom = agent().resumeOrStart("job", async (session) => {
          kept = session;
          await session.markDone("a");
          throw new Error("boom");
        });
        await assert.rejects(boom, { message: "boom" });
        await assert.rejects(kept!.markDone("b"), { code: "AJ_CLOSED" });
        const { state, holder } = await load();
        assert.deepEqual(
          [state.done.has(keyOf("a")), state.done.has(keyOf("b")), holder],
          [true, false, null],
        );
        assert.equal(endingOf(latestRun(state)!), "error");
      });

      it("closes it with `await using`, too", async () => {
        let kept: Session;
        {
          await using session = await agent().resumeOrStart("job");
          kept = session;
          assert.equal((await load()).holder?.pid, process.pid);
          void kept.markDone("not awaited");
        }
        assert.equal((await load()).holder, null);
        assert.ok((await load()).state.done.has(keyOf("not awaited")));
        await kept.close();
      });
    });
  });
