import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { exitCodeOfError } from "../../src/cli/exitCodes.js";
import {
  AgentJobsError,
  BadReplyError,
  type ErrorCode,
  messageOf,
  RefusedError,
} from "../../src/runtime/errors.js";
import { map } from "../../src/runtime/map.js";
import { applyRepair, planRepairOf } from "../../src/runtime/repair.js";
import { AgentResume } from "../../src/runtime/session/agentResume.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { inspectLock } from "../../src/runtime/store/lock.js";
import { runCli, scratchFolder } from "../support/cli.js";

/** What a person can do: a sentence, or a part of one, that begins with such a verb. */
const nextStep =
  /(?:^|[.:;,(] |, then |, or |or )(?:stop|wait|run|repair|choose|name|update|check|open|plan|look|mend|make|free|give|return|rename|remove|read|change|see|create|start|bring|install|write|set|ask)\b/i;

/** A message tells what happened, to what, and what to do, and comes to an end. */
function assertHelps(message: string, names: string): void {
  assert.ok(message.includes(names), `names ${names}: ${message}`);
  assert.match(message, nextStep);
  assert.match(message.trim(), /[.)]$/);
  assert.ok(message.length < 1_500, message);
}

const good = "module.exports = { items: ['a', 'b'], process: (item) => item };";
const checkpoint = "checkpoints/n.jsonl";
const header = (members: object) => `${JSON.stringify({ type: "job", ts: 1, v: 1, job: "n", ...members })}\n`;

interface Case {
  code: ErrorCode;
  exit: number;
  /** Files, by path. */
  files?: Record<string, string>;
  prepare?: (folder: string) => unknown;
  args: string[];
  names: string;
}

const checksummed = async (records: object[]): Promise<string> => {
  const { encodeRecord } = await import("../../src/runtime/format/record.js");
  return Buffer.concat(records.map((record) => encodeRecord(record as never))).toString();
};

const cases: Case[] = [
  {
    ...{ code: "AJ_HELD", exit: 4, args: ["run", "n.job.js"], names: "n" },
    prepare: async (folder) => {
      mkdirSync(join(folder, "checkpoints"));
      const content = {
        token: "t",
        pid: process.pid,
        startTime: null,
        bootId: null,
        host: hostname(),
        pidNamespace: null,
      };
      const own = { ...content, host: "elsewhere", sinceMs: Date.now() };
      writeFileSync(join(folder, `${checkpoint}.lock`), JSON.stringify(own));
    },
  },
  {
    ...{ code: "AJ_DAMAGED", exit: 3, args: ["run", "n.job.js"], names: "n.jsonl" },
    prepare: async (folder) => {
      mkdirSync(join(folder, "checkpoints"));
      const job = await checksummed([{ type: "job", atMs: 1, v: 1, job: "n" }]);
      writeFileSync(join(folder, checkpoint), `${job}{"id":"x","ts":1,"c":"00000000"}\n${job}`);
    },
  },
  {
    ...{ code: "AJ_OTHER_JOB", exit: 2, args: ["run", "n.job.js"], names: '"other"' },
    prepare: async (folder) => {
      mkdirSync(join(folder, "checkpoints"));
      writeFileSync(
        join(folder, checkpoint),
        await checksummed([{ type: "job", atMs: 1, v: 1, job: "other" }]),
      );
    },
  },
  {
    ...{ code: "AJ_NEWER_FORMAT", exit: 2, args: ["run", "n.job.js"], names: "n.jsonl" },
    prepare: async (folder) => {
      mkdirSync(join(folder, "checkpoints"));
      writeFileSync(join(folder, checkpoint), await checksummed([{ type: "job", atMs: 1, v: 99, job: "n" }]));
    },
  },
  {
    ...{ code: "AJ_UNKNOWN_FORMAT", exit: 2, args: ["run", "n.job.js"], names: "n.jsonl" },
    files: { [checkpoint]: `${header({})}a diary\nof mine\n`.replace(/^.*\n/, "") },
  },
  {
    ...{ code: "AJ_FOREIGN", exit: 2, args: ["run", "n.job.js"], names: "n.jsonl" },
    files: { [checkpoint]: '{"custom_id":"a","result":{"type":"expired"}}\n' },
  },
  {
    ...{ code: "AJ_NOT_A_FILE", exit: 2, args: ["run", "n.job.js"], names: "n.jsonl" },
    prepare: (folder) => mkdirSync(join(folder, checkpoint), { recursive: true }),
  },
  { code: "AJ_READ", exit: 2, args: ["repair", "--dry-run", "no-such.jsonl"], names: "no-such.jsonl" },
  {
    ...{
      code: "AJ_WRITE",
      exit: 74,
      args: ["run", "n.job.js", "--checkpoint", `${"x".repeat(220)}.jsonl`],
      names: "xxx.jsonl",
    },
  },
  { code: "AJ_JOB", exit: 2, args: ["run", "no-such.job.js"], names: "no-such.job.js" },
  {
    ...{ code: "AJ_JOB", exit: 2, args: ["run", "broken.job.js"], names: "broken.job.js" },
    files: { "broken.job.js": "module.exports = {" },
  },
  {
    ...{ code: "AJ_DUPLICATE_IDS", exit: 2, args: ["run", "twice.job.js"], names: '"a"' },
    files: { "twice.job.js": "module.exports = { items: ['a', 'a'], process: () => 1 };" },
  },
  {
    ...{ code: "AJ_WORKER", exit: 2, args: ["run", "w.job.json"], names: "no-such-program" },
    files: { "w.job.json": JSON.stringify({ items: [1], worker: ["./no-such-program"] }) },
  },
];

describe("messages", () => {
  let scratch: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    scratch = scratchFolder({ "n.job.js": good });
  });
  afterEach(() => scratch.remove());
  const at = (name: string) => join(scratch.path, name);

  for (const { code, exit, files = {}, prepare, args, names } of cases)
    it(`say what happened, to what, and what to do: ${code}, ${args.join(" ").slice(0, 60)}`, async () => {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(join(at(name), ".."), { recursive: true });
        writeFileSync(at(name), text);
      }
      await prepare?.(scratch.path);
      const outcome = await runCli(args, { cwd: scratch.path });
      assert.equal(outcome.code, exit, outcome.stdout + outcome.stderr);
      const said = outcome.stderr.split("\n").find((line) => line.startsWith("agent-jobs: ")) ?? "";
      assertHelps(outcome.stderr.slice(outcome.stderr.indexOf(said)), names);
      assert.doesNotMatch(outcome.stderr, /\n {4}at /, "no stack");
    });

  /** What only a program that uses the library meets. */
  const fails = async (code: ErrorCode, exit: number, names: string, work: () => Promise<unknown>) => {
    const error = await work().then(
      () => assert.fail(`expected ${code}`),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof AgentJobsError, String(error));
    assert.equal(error.code, code);
    assert.equal(exitCodeOfError(error), exit);
    assertHelps(messageOf(error), names);
  };

  it("say it of a closed session, a lock that was lost, and a file that changed under its plan", async () => {
    const open = () => new AgentResume({ store: new JsonlStore(at("a.jsonl")) }).resumeOrStart("a");
    const closed = await open();
    await closed.close();
    await fails("AJ_CLOSED", 2, '"a"', () => closed.markDone("x"));
    const lost = await open();
    rmSync(at("a.jsonl.lock"));
    await fails("AJ_LOCK_LOST", 4, "a.jsonl.lock", () => lost.markDone("x"));
    await lost.close();
    assert.equal((await inspectLock(at("a.jsonl"))).status, "free");
    writeFileSync(at("a.jsonl"), `${readFileSync(at("a.jsonl"), "utf8")}{"id":"x","ts":1,"c":"00000000"}\n`);
    const planned = await planRepairOf(at("a.jsonl"));
    writeFileSync(at("a.jsonl"), `${readFileSync(at("a.jsonl"), "utf8")}\n`);
    await fails("AJ_CHANGED", 2, "a.jsonl", () => applyRepair(planned));
  });

  it("say it of a file that took the place of a run's checkpoint", async () => {
    const session = await new AgentResume({ store: new JsonlStore(at("r.jsonl")) }).resumeOrStart("r");
    execFileSync("mv", [at("r.jsonl"), at("moved.jsonl")]);
    await fails("AJ_REPLACED" as ErrorCode, 74, "r.jsonl", () => session.markDone("x"));
    await session.close();
  });

  it("say it of a map whose params are others, and of one whose items failed", async () => {
    const echo = (item: string) => {
      if (item === "b") throw new Error("b is broken");
      return item;
    };
    const place = { checkpoint: at("m.jsonl"), settle: true } as const;
    await map(["a"], echo, { ...place, params: { model: "x" } });
    await fails("AJ_PARAMS", 2, "model", () => map(["a"], echo, { ...place, params: { model: "y" } }));
    await fails("AJ_ITEMS_FAILED", 2, "b", () => map(["a", "b"], echo, { checkpoint: at("m.jsonl") }));
  });

  it("say it of a result that is no JSON, in the item's own failure", async () => {
    writeFileSync(
      at("r.job.js"),
      "module.exports = { items: ['a'], process: (item, ctx) => ctx.step('sum', {}, () => ({ n: 1n })) };",
    );
    const { code, stdout } = await runCli(["run", "r.job.js"], { cwd: scratch.path });
    assert.equal(code, 1);
    assert.match(
      stdout,
      /failed a \(bad-reply\): What the step "sum" gave cannot be kept: .*n.* Return JSON from it\./,
    );
  });

  it("say what a job made of a reply, in the item's own failure", async () => {
    writeFileSync(
      at("f.job.js"),
      `const { BadReplyError, RefusedError } = require("agent-jobs");
      module.exports = { items: ["a", "b"], process: (item) => {
        throw item === "a" ? new RefusedError() : new BadReplyError("There is no summary in it.");
      } };`,
    );
    const { code, stdout } = await runCli(["run", "f.job.js"], { cwd: scratch.path });
    assert.equal(code, 1);
    assert.match(stdout, /failed a \(refused\): The model refused the item\. Change .*/);
    assert.match(stdout, /failed b \(bad-reply\): There is no summary in it\./);
    // Whichever copy of the runtime the job has thrown it from: neither ends the run.
    for (const error of [new RefusedError(), new BadReplyError("x")])
      assert.ok((["AJ_REFUSED", "AJ_BAD_REPLY"] as ErrorCode[]).includes(error.code));
  });

  it("say what a job's own limits ended, in the item's own failure", async () => {
    writeFileSync(
      at("d.job.js"),
      `const { Deadline } = require("agent-jobs");
      module.exports = { items: ["late", "dear"], retry: false, budget: { usd: 1 }, async process(item, ctx) {
        if (item === "late") return Deadline.after(0).check();
        ctx.usage({ usd: 2 });
        await ctx.fetch("http://127.0.0.1:9/");
      } };`,
    );
    const { code, stdout } = await runCli(["run", "d.job.js"], { cwd: scratch.path });
    assert.equal(code, 75);
    assert.match(stdout, /failed late \(timeout\): The deadline of 0 s has passed\. .*run again/);
    assert.match(
      stdout,
      /failed dear \(budget\): The request was not sent: the budget of \$1\.00 is spent\. .*Raise `budget`/,
    );
    const codes: ErrorCode[] = ["AJ_DEADLINE", "AJ_BUDGET"];
    assert.equal(codes.length, 2);
  });

  it("cover every code that there is", () => {
    const source = readFileSync("src/runtime/errors.ts", "utf8");
    const codes = [...source.matchAll(/\| "(AJ_[A-Z_]+)"/g)].map(([, code]) => code);
    const own = readFileSync("test/cli/messages.test.ts", "utf8");
    // Of what a stop says no command tells: the program ends by it (test/runtime/map.test.ts).
    const elsewhere = ["AJ_RESULT", "AJ_STOPPED"];
    for (const code of codes) if (!elsewhere.includes(code!)) assert.ok(own.includes(`"${code}"`), code);
    chmodSync(scratch.path, 0o700);
  });
});
