import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { checkDefinition } from "../../../src/runtime/runner/definition.js";
import { type Finished, tellFinish } from "../../../src/runtime/runner/onFinish.js";
import { TestJob, type TestRun } from "../../support/jobs.js";

interface Received {
  request: IncomingMessage;
  body: string;
}

/** A real server on this machine that answers as it is told, and keeps what it got. */
class Hooks {
  readonly received: Received[] = [];
  private server: Server | undefined;
  address = "";

  async start(answer: (response: ServerResponse, n: number) => void): Promise<void> {
    this.server = createServer(async (request, response) => {
      this.received.push({ request, body: await text(request) });
      answer(response, this.received.length);
    });
    await once(this.server.listen(0, "127.0.0.1"), "listening");
    this.address = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }
}

const secretId = "jane.doe@example.com";
const definition = {
  items: [secretId, "b"],
  retry: false,
  process: (item: string) => {
    if (item === "b") throw Object.assign(new Error("the private diary of b"), { status: 429 });
    return "a private result";
  },
};

describe("onFinish", () => {
  let job: TestJob;
  let hooks: Hooks;
  let run: TestRun;
  before(async () => {
    job = new TestJob();
    run = await job.run(definition);
  });
  beforeEach(() => {
    hooks = new Hooks();
  });
  afterEach(() => {
    hooks.stop();
    delete process.env.TEST_HOOK;
  });
  after(() => job.remove());

  /** Tells as after the run. Gives what went wrong. */
  async function tell(
    onFinish: unknown,
    signal = new AbortController().signal,
    members: object = {},
  ): Promise<string[]> {
    const loaded = job.loaded({ ...definition, onFinish, ...members });
    const { reason, status, usage, ms } = run.outcome;
    const finished: Finished = { job: loaded, reason, status, usage, ms, exitCode: 1, endedAtMs: Date.now() };
    const problems: string[] = [];
    await tellFinish(finished, signal, (problem) => problems.push(problem), [5, 5]);
    return problems;
  }

  it("posts the run's figures, and nothing of its items", async () => {
    await hooks.start((response) => response.end("ok"));
    process.env.TEST_HOOK = hooks.address;
    const headers = { authorization: "Bearer ${env:TEST_HOOK}" };
    assert.deepEqual(await tell({ webhook: "${env:TEST_HOOK}/team?x=1", headers }), []);
    const [{ request, body }] = hooks.received as [Received];
    assert.deepEqual([request.method, request.url], ["POST", "/team?x=1"]);
    assert.equal(request.headers["content-type"], "application/json");
    assert.equal(request.headers.authorization, `Bearer ${hooks.address}`);
    const { startedAt, endedAt, ms, ...facts } = JSON.parse(body);
    assert.ok(Date.parse(startedAt) <= Date.parse(endedAt) && ms >= 0);
    assert.deepEqual(facts, {
      ...{ job: "test", label: null, ended: "finished-with-failures", exitCode: 1, run: 1 },
      text: "test: finished-with-failures, 1 of 2 done, 1 failed",
      ...{ total: 2, done: 1, failed: 1, inDoubt: 0, remaining: 0, causes: { "rate-limit": 1 } },
      usage: { inputTokens: null, outputTokens: null, usd: null },
    });
    for (const secret of [secretId, "diary", "private", job.folder]) assert.ok(!body.includes(secret));
  });

  it("tries a webhook again where that may help, and tells where it did not", async () => {
    await hooks.start((response, n) => {
      response.statusCode = n < 3 ? 503 : 200;
      response.end();
    });
    assert.deepEqual(await tell({ webhook: hooks.address }), []);
    assert.equal(hooks.received.length, 3);
    hooks.stop();
    const gone = await tell({ webhook: `${hooks.address}/services/T0/secret` });
    assert.match(gone[0]!, /^The webhook of onFinish at 127\.0\.0\.1:\d+ was not told: .*ECONNREFUSED/);
    assert.ok(!gone[0]!.includes("secret"));
  });

  it("neither follows redirects nor repeats what is refused", async () => {
    const other = new Hooks();
    await other.start((response) => response.end());
    await hooks.start((response, n) => {
      response.writeHead(n === 1 ? 307 : 404, { location: other.address });
      response.end("the body of an error may say anything");
    });
    assert.match((await tell({ webhook: hooks.address }))[0]!, /it answered 307, and redirects are not/);
    assert.match((await tell({ webhook: hooks.address }))[0]!, /it answered 404\.$/);
    assert.deepEqual([hooks.received.length, other.received.length], [2, 0]);
    other.stop();
  });

  it("waits for an answer as long as it is told, and not once somebody wants to go", async () => {
    await hooks.start(() => {});
    assert.match((await tell({ webhook: hooks.address, timeoutMs: 30 }))[0]!, /no answer within 30 ms/);
    assert.equal(hooks.received.length, 3);
    const going = new AbortController();
    const told = tell({ webhook: hooks.address }, going.signal);
    while (hooks.received.length < 4) await new Promise((resolve) => setImmediate(resolve));
    going.abort();
    assert.equal((await told).length, 1);
  });

  it("shows no secret of the environment, and says which is missing", async () => {
    assert.match(
      (await tell({ webhook: "${env:TEST_HOOK}" }))[0]!,
      /the variable TEST_HOOK is not set\. Set it right/,
    );
    process.env.TEST_HOOK = "s3cret-of-mine";
    for (const webhook of ["${env:TEST_HOOK}", "https://${env:TEST_HOOK}:x"]) {
      const [problem] = await tell({ webhook });
      assert.match(problem!, /it is no address/);
      assert.ok(!problem!.includes("s3cret"), problem);
    }
    process.env.TEST_HOOK = "file:///etc/passwd";
    assert.match((await tell({ webhook: "${env:TEST_HOOK}" }))[0]!, /neither with https/);
  });

  it("takes a webhook's address from the job's envFile, too", async () => {
    await hooks.start((response) => response.end());
    writeFileSync(join(job.folder, "hook.env"), `TEST_HOOK=${hooks.address}/from-file\n`);
    const webhook = { webhook: "${env:TEST_HOOK}" };
    assert.deepEqual(await tell(webhook, undefined, { envFile: "hook.env" }), []);
    assert.equal(hooks.received[0]!.request.url, "/from-file");
    assert.match((await tell(webhook, undefined, { envFile: "none.env" }))[0]!, /none\.env.*Set it right/);
  });

  it("runs a command without a shell, with the figures on its input and in its variables", async () => {
    const out = join(job.folder, "told.json");
    const script = `let all = ""; process.stdin.on("data", (d) => all += d).on("end", () =>
      require("fs").writeFileSync(process.argv[1], JSON.stringify({ facts: JSON.parse(all), argv: process.argv[2],
        cwd: process.cwd(), env: [process.env.AGENT_JOBS_ENDED, process.env.AGENT_JOBS_DONE, process.env.AGENT_JOBS_TOTAL] })))`;
    assert.deepEqual(await tell({ command: [process.execPath, "-e", script, out, "$HOME; exit 1"] }), []);
    const { facts, argv, env } = JSON.parse(readFileSync(out, "utf8"));
    assert.equal(argv, "$HOME; exit 1");
    assert.deepEqual(env, ["finished-with-failures", "1", "2"]);
    assert.deepEqual([facts.failed, facts.checkpoint], [1, job.checkpoint]);
  });

  it("tells of a command that fails, cannot be started, or takes too long, and goes on to the next", async () => {
    const out = join(job.folder, "after.txt");
    const problems = await tell([
      { command: [process.execPath, "-e", "process.exit(3)"] },
      { command: ["./no-such-program"] },
      { command: [process.execPath, "-e", "setInterval(() => {}, 1e3)"], timeoutMs: 50 },
      { command: [process.execPath, "-e", "0"], on: ["finished"] },
      { command: [process.execPath, "-e", `require("fs").writeFileSync(${JSON.stringify(out)}, "")`] },
    ]);
    assert.equal(problems.length, 3);
    assert.match(problems[0]!, /ended with exit code 3\.$/);
    assert.match(problems[1]!, /`\.\/no-such-program`, could not be started: there is no such program\.$/);
    assert.match(problems[2]!, /had not ended after 50 ms and was ended\.$/);
    assert.ok(existsSync(out));
  });

  it("may be what its documentation says", () => {
    const check = (onFinish: unknown) => checkDefinition({ ...definition, onFinish }, "x.job.ts");
    for (const good of [
      [],
      { command: ["a"], on: ["error", "auth"], timeoutMs: 5 },
      [{ webhook: "https://a.b" }, { webhook: "${env:X}", headers: { a: "b" } }],
    ])
      assert.doesNotThrow(() => check(good), JSON.stringify(good));
    for (const bad of [
      "https://a.b",
      {},
      { command: "a b" },
      { webhook: "a.b" },
      { webhook: "file:///x" },
      { command: ["a"], webhook: "https://a.b" },
      { command: ["a"], on: ["whenever"] },
      { command: ["a"], on: [] },
    ])
      assert.throws(() => check(bad), /x\.job\.ts: expected `onFinish/, JSON.stringify(bad));
  });
});
