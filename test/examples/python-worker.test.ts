import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { globSync } from "tinyglobby";
import { root } from "../setup/root.js";
import { runCli } from "../support/cli.js";
import { copyOfExample, killAndResume } from "../support/killedExample.js";

const folder = join(root, "examples/python-worker");
const python = ["python3", "python"].find((name) => spawnSync(name, ["--version"]).status === 0);

type Licence = { licence: string; others: string[]; copyright: string[]; words: number; fingerprint: string };
type Reply = { id: string; result?: Licence; error?: { message: string; cause: string } };

/** A running worker.py that is spoken to line by line. */
class Worker {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<number | null>;
  stderr = "";

  constructor() {
    this.child = spawn(python ?? "python3", ["worker.py"], { cwd: folder });
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.#ended = once(this.child, "close").then(([code]) => code);
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
  }

  send(...messages: unknown[]): void {
    for (const message of messages) {
      this.child.stdin.write(`${typeof message === "string" ? message : JSON.stringify(message)}\n`);
    }
  }

  async reply(): Promise<Reply> {
    const { value, done } = await this.#lines.next();
    if (done) assert.fail(`the worker ended without a reply: ${this.stderr}`);
    return JSON.parse(value);
  }

  /** Closes its input, and gives its exit code. */
  end(): Promise<number | null> {
    this.child.stdin.end();
    return this.#ended;
  }
}

const hello = { type: "hello", protocol: 1, job: "wordcount" };
const request = (path: string, attempt = 1) => ({ id: path, item: { path }, attempt });

describe("examples/python-worker", () => {
  let worker: Worker;
  before(function () {
    if (python === undefined) this.skip();
  });
  beforeEach(() => {
    worker = new Worker();
  });
  afterEach(() => {
    worker.child.kill();
  });

  it("answers each request at once, while its input stays open", async () => {
    worker.send(hello);
    for (const path of ["../../LICENSE", "../../node_modules/typescript/LICENSE"]) {
      worker.send(request(path));
      assert.equal((await worker.reply()).id, path);
    }
  });

  it("tells licences by their wording", async () => {
    const expected = {
      "../../LICENSE": "MIT",
      "../../node_modules/typescript/LICENSE": "Apache-2.0",
      "../../node_modules/argparse/LICENSE": "Python-2.0",
      "../../node_modules/qs/LICENSE.md": "BSD-3-Clause",
      "../../node_modules/tslib/LICENSE.txt": "0BSD",
    };
    worker.send(hello);
    for (const [path, licence] of Object.entries(expected)) {
      worker.send(request(path));
      assert.equal((await worker.reply()).result?.licence, licence, path);
    }
  });

  it("reads every file of the job, and knows the licence of nearly all", async () => {
    const job = JSON.parse(readFileSync(join(folder, "wordcount.job.json"), "utf8"));
    const paths = globSync(job.items, { cwd: folder, expandDirectories: false });
    assert.ok(paths.length >= 200, `found ${paths.length}`);
    worker.send(hello, ...paths.map((path) => request(path)));
    const replies: Reply[] = [];
    while (replies.length < paths.length) replies.push(await worker.reply());
    assert.deepEqual(replies.map((reply) => reply.id).sort(), [...paths].sort());
    const unknown = replies.filter((reply) => (reply.result?.licence ?? "unknown") === "unknown");
    assert.ok(unknown.length <= paths.length * 0.02, unknown.map((reply) => reply.id).join(", "));
    const mit = replies.filter((reply) => reply.result?.licence === "MIT");
    const wordings = new Set(mit.map((reply) => reply.result?.fingerprint));
    assert.ok(wordings.size < mit.length / 2, "one licence under many holders' names has one fingerprint");
    assert.equal(await worker.end(), 0);
  });

  it("answers an item that raises with an error, logs the traceback, and goes on", async () => {
    worker.send(
      hello,
      request("missing.txt", 2),
      { id: "odd", item: 7, attempt: 1 },
      request("../../LICENSE"),
    );
    const [missing, odd, good] = [await worker.reply(), await worker.reply(), await worker.reply()];
    assert.deepEqual([missing.id, missing.error?.cause], ["missing.txt", "bug"]);
    assert.match(missing.error?.message ?? "", /^FileNotFoundError: .*missing\.txt/);
    assert.deepEqual([odd.id, odd.error?.cause], ["odd", "bug"]);
    assert.equal(good.result?.licence, "MIT");
    assert.equal(await worker.end(), 0);
    assert.match(worker.stderr, /missing\.txt', attempt 2:\nTraceback/);
  });

  it("logs a line that is no request, and goes on", async () => {
    worker.send(hello, "{oops", "", request("../../LICENSE"));
    assert.equal((await worker.reply()).id, "../../LICENSE");
    assert.equal(await worker.end(), 0);
    assert.match(worker.stderr, /not a request/);
  });

  it("refuses a protocol that it does not speak", async () => {
    worker.send({ ...hello, protocol: 2 });
    assert.equal(await worker.end(), 1);
    assert.match(worker.stderr, /speaks protocol 1, not 2/);
  });

  it("goes on where it was after a kill -9 in the middle of its run", async () => {
    const copy = copyOfExample("python-worker");
    try {
      const items = `${root}/node_modules/[a-m]*/{LICENSE,license}{,.md,.txt}`;
      const expected = globSync(items, { absolute: true, expandDirectories: false });
      assert.ok(expected.length >= 100, `${expected.length}`);
      await killAndResume("wordcount.job.json", copy.path, items);
      const { stdout } = await runCli(["results", "wordcount.job.json"], { cwd: copy.path });
      assert.equal(stdout.trim().split("\n").length, expected.length);
    } finally {
      copy.remove();
    }
  });
});
