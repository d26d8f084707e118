import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { done, header, started } from "../support/damagedFiles.js";
import { DetachedRuns, gatedJob } from "../support/detachedRuns.js";
import { fileText } from "../support/files.js";
import { codeIn, type McpAnswer, McpClient } from "../support/mcpClient.js";

/** Items named `bad…` fail while the file `fails` is there. */
const quickJob = (items: unknown[], more = "") => `
import { existsSync } from "node:fs";
import { join } from "node:path";
export default { items: ${JSON.stringify(items)}, key: (item) => item, retry: false, ${more} process(item) {
  if (String(item).startsWith("bad") && existsSync(join(import.meta.dirname, "fails")))
    throw Object.assign(new Error("no"), { failureCause: item === "bad-2" ? "refused" : "rate-limit" });
  return item;
} };`;

describe("the MCP server of a folder, acting", () => {
  let runs: DetachedRuns;
  const clients: McpClient[] = [];
  const connect = async (answers?: () => "accept" | "decline" | "cancel") => {
    const client = await McpClient.connect(runs.folder, answers);
    clients.push(client);
    return client;
  };
  const pidIn = ({ structured, isError, text }: McpAnswer): number => {
    assert.ok(!isError, text);
    return structured.about?.pid as number;
  };
  /** Nothing of the job is there: no checkpoint, no lock, and no item begun. */
  const nothingRan = () =>
    assert.deepEqual([existsSync(runs.path("checkpoints")), existsSync(runs.path("begun"))], [false, false]);
  beforeEach(() => {
    runs = new DetachedRuns();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    runs.dispose();
  });

  it("runs a job that the person agrees to, once, and says how to look; the run outlives the server", async () => {
    const client = await connect(() => "accept");
    const answer = await client.call("resume_job", { job: "n.job.mjs" });
    assert.equal(client.asked.length, 1);
    assert.match(client.asked[0]!, /^Start n\?\n\n/);
    for (const said of [
      /5 to do/,
      /What it will cost is not known/,
      /No budget/,
      /n\.job\.mjs/,
      /goes on when/,
    ])
      assert.match(client.asked[0]!, said);
    assert.equal(answer.structured.said, "Started: it runs now.");
    assert.match(answer.structured.next ?? "", /list_jobs/);
    const pid = pidIn(answer);
    assert.equal(await runs.livePid(), pid);
    await client.close();
    clients.length = 0;
    await runs.begun(2);
    runs.letGo();
    await runs.ended();
    const { done: doneCount, failed } = await runs.status();
    assert.deepEqual([doneCount, failed], [4, 1]);
  });

  for (const action of ["decline", "cancel"] as const)
    it(`runs nothing where the person answers with ${action}`, async () => {
      const client = await connect(() => action);
      await client.fails("resume_job", { job: "n.job.mjs" }, /The person .* Nothing was done/);
      assert.equal(client.asked.length, 1);
      nothingRan();
    });

  it("runs nothing where the job changed while the person was thinking", async () => {
    const client = await connect(() => {
      writeFileSync(runs.path("n.job.mjs"), `${gatedJob}\n// changed`);
      return "accept";
    });
    await client.fails("resume_job", { job: "n.job.mjs" }, /not what the person agreed to/);
    nothingRan();
  });

  it("needs a second call with the first one's code where the client cannot ask", async () => {
    const client = await connect();
    const first = await client.call("resume_job", { job: "n.job.mjs", limit: 2 });
    assert.match(first.structured.said, /Nothing was done yet/);
    assert.match(JSON.stringify(first.structured.about?.plan), /5 to do.*begins at most 2 items/);
    nothingRan();
    const confirmation = codeIn(first);
    runs.letGo();
    pidIn(await client.call("resume_job", { job: "n.job.mjs", limit: 2, confirmation }));
    await runs.ended();
    assert.equal((await runs.status()).done, 2);
    await client.fails("resume_job", { job: "n.job.mjs", limit: 2, confirmation }, /used already/);
  });

  it("takes no code for anything but the plan that it was given for", async () => {
    const client = await connect();
    const code = async () => codeIn(await client.call("resume_job", { job: "n.job.mjs" }));
    const refused = async (confirmation: string, more: object = {}) => {
      const input = { job: "n.job.mjs", ...more, confirmation };
      await client.fails("resume_job", input, /not what the person agreed to|not known/);
      nothingRan();
    };
    await refused("0123456789abcdef01234567");
    await refused(await code(), { limit: 1 });
    const before = await code();
    writeFileSync(runs.path("n.job.mjs"), gatedJob.replace('"d", "e"', '"d"'));
    await refused(before);
    const again = await code();
    writeFileSync(runs.path("other.job.mjs"), gatedJob);
    await client.fails("resume_job", { job: "other.job.mjs", confirmation: again }, /not what the person/);
    const untouched = await code();
    mkdirSync(runs.path("checkpoints"));
    writeFileSync(runs.path("checkpoints/n.jsonl"), header("n") + started(1) + done("a"));
    await client.fails("resume_job", { job: "n.job.mjs", confirmation: untouched }, /not what the person/);
    assert.ok(!existsSync(runs.path("begun")));
  });

  it("refuses a job that runs, and asks nobody", async () => {
    const { pid } = await runs.detach();
    const client = await connect(() => "accept");
    for (const tool of ["resume_job", "retry_failed", "repair_checkpoint"]) {
      const { structured } = await client.fails(tool, { job: "n.job.mjs" }, /A run holds it now/);
      assert.equal((structured.about!.heldBy as { pid: number }).pid, pid);
    }
    assert.deepEqual(client.asked, []);
    const { structured } = await client.call("list_jobs", { only: "running" });
    assert.deepEqual((structured.rows![0]!.running as { pid: number }).pid, pid);
  });

  it("tries failed items again, of one cause or by their ids, and no others", async () => {
    writeFileSync(runs.path("q.job.mjs"), quickJob(["a", "bad-1", "bad-2", "bad-3"]));
    writeFileSync(runs.path("fails"), "");
    await runs.cli("run", "q.job.mjs");
    const client = await connect(() => "accept");
    const retry = async (input: object) => {
      const runsBefore = readFileSync(runs.path("checkpoints/q.jsonl"), "utf8").split('"run-ended"').length;
      pidIn(await client.call("retry_failed", { job: "q", ...input }));
      await fileText(
        runs.path("checkpoints/q.jsonl"),
        (text) => text.split('"run-ended"').length > runsBefore,
      );
      return (await client.call("explain_failures", { job: "q" })).structured.rows?.map(
        ({ attempts, items }) => [attempts, items],
      );
    };
    await client.fails("retry_failed", { job: "q", causes: ["auth"] }, /failed by one of these causes/);
    await client.fails("retry_failed", { job: "q", items: ["a"] }, /no failed items/);
    await client.fails("retry_failed", { job: "q", items: ["bad-1"], causes: ["refused"] }, /not both/);
    assert.deepEqual(await retry({ causes: ["refused"] }), [
      [1, ["bad-1", "bad-3"]],
      [2, ["bad-2"]],
    ]);
    assert.match(
      client.asked[0]!,
      /Retry failed items of q\?\n\n1 failed item is tried again: 1 by refused\./,
    );
    assert.deepEqual(await retry({ items: ["bad-3"] }), [
      [2, ["bad-1", "bad-3"]],
      [2, ["bad-2"]],
    ]);
  });

  it("asks what becomes of results that another model made, before it shows any plan", async () => {
    const job = (model: string) => quickJob(["a", "bad-1"], `params: { model: "${model}" },`);
    writeFileSync(runs.path("m.job.mjs"), job("small"));
    writeFileSync(runs.path("fails"), "");
    await runs.cli("run", "m.job.mjs");
    writeFileSync(runs.path("m.job.mjs"), job("large"));
    const client = await connect(() => "accept");
    for (const tool of ["resume_job", "retry_failed"]) {
      const { structured } = await client.fails(tool, { job: "m" }, /changed since its results were made/);
      assert.match(JSON.stringify(structured.about?.changed), /small.* → .*large/);
    }
    const preview = await client.call("preview_resume", { job: "m" });
    assert.match(preview.structured.next ?? "", /keep them or to redo them/);
    assert.deepEqual(client.asked, []);
    pidIn(await client.call("resume_job", { job: "m", changed: "redo" }));
    assert.match(
      client.asked[0]!,
      /model changed: "small" → "large"[\s\S]*done again; the old results are kept/,
    );
    await fileText(runs.path("checkpoints/m.jsonl"), (text) => text.includes('"run-ended"'));
    assert.ok(readdirSync(runs.path("checkpoints")).some((name) => name.startsWith("m.jsonl.bak-")));
  });

  it("starts nothing where nothing is to do, or the budget is spent, or the job file does not load", async () => {
    writeFileSync(runs.path("q.job.mjs"), quickJob(["a"]));
    await runs.cli("run", "q.job.mjs");
    writeFileSync(
      runs.path("spent.job.mjs"),
      `export default { items: ["a", "b", "c"], concurrency: 1, budget: { usd: 1 }, process(item, ctx) { ctx.usage({ usd: 1 }); } };`,
    );
    await runs.cli("run", "spent.job.mjs");
    writeFileSync(runs.path("broken.job.mjs"), "export default {");
    const client = await connect(() => "accept");
    await client.fails("resume_job", { job: "q" }, /nothing to do/);
    await client.fails("resume_job", { job: "spent" }, /budget is spent/);
    const { structured } = await client.fails("resume_job", { job: "broken" }, /cannot be told/);
    assert.match(String(structured.about?.error), /broken\.job\.mjs/);
    assert.deepEqual(client.asked, []);
  });

  it("repairs a damaged checkpoint that the person has seen the plan of, and runs over none", async () => {
    writeFileSync(runs.path("q.job.mjs"), quickJob(["a", "b", "c"]));
    await runs.cli("run", "q.job.mjs", "--limit", "2");
    const checkpoint = runs.path("checkpoints/q.jsonl");
    appendFileSync(checkpoint, `not a record\n${done("c")}`);
    const damaged = readFileSync(checkpoint, "utf8");
    const declining = await connect(() => "decline");
    await declining.fails("resume_job", { job: "q" }, /damaged.*repair_checkpoint first/);
    await declining.fails("repair_checkpoint", { job: "q" }, /declined/);
    assert.equal(readFileSync(checkpoint, "utf8"), damaged);
    const client = await connect();
    const confirmation = codeIn(await client.call("repair_checkpoint", { job: "q" }));
    const { structured } = await client.call("repair_checkpoint", { job: "q", confirmation });
    assert.equal(structured.said, "Repaired its checkpoint.");
    assert.equal(readFileSync(checkpoint, "utf8"), damaged.replace("not a record\n", ""));
    assert.equal(
      readFileSync(join(runs.path("checkpoints"), String(structured.about?.backup)), "utf8"),
      damaged,
    );
    await client.fails("repair_checkpoint", { job: "q" }, /nothing to repair/);
  });

  it("writes nothing outside the folder that it was started for, and does not touch other tools' files", async () => {
    writeFileSync(
      runs.path("near.job.json"),
      JSON.stringify({
        items: ["a"],
        worker: ["node", "w.js"],
        checkpoint: "../agent-jobs-elsewhere/n.jsonl",
      }),
    );
    writeFileSync(
      runs.path("batch_1_output.jsonl"),
      `${JSON.stringify({ id: "batch_req_1", custom_id: "a", response: { status_code: 500, body: {} }, error: null })}\n`,
    );
    const client = await connect(() => "accept");
    await client.fails("resume_job", { job: "near" }, /outside the open folder/);
    const { rows = [] } = (await client.call("list_jobs")).structured;
    const { job } = rows.find(({ readOnly }) => readOnly !== undefined)!;
    await client.fails("retry_failed", { job }, /another tool's file/);
    assert.deepEqual(client.asked, []);
  });
});
