import assert from "node:assert/strict";
import { appendFileSync, copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { mappingOf } from "../../../src/runtime/foreign/mapping.js";
import { readResults } from "../../../src/runtime/results.js";
import { statusOf } from "../../../src/runtime/state/status.js";
import { shownByOthers } from "../../../src/runtime/store/companions.js";
import { CheckpointFollower } from "../../../src/runtime/store/follow.js";
import { scratchFolder } from "../../support/cli.js";
import { foreignFixture, outcomeOf } from "../../support/foreign.js";

const output = "openai/batch_6742f1c2_output.jsonl";
const error = "openai/batch_6742f1c2_error.jsonl";
const requests = "openai/requests.jsonl";

describe("a batch in several files", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    folder = scratchFolder();
  });
  afterEach(() => folder.remove());
  const path = (name: string) => join(folder.path, basename(name));
  const put = (...names: string[]) => {
    for (const name of names) copyFileSync(foreignFixture(name), path(name));
  };
  function counts(follower: CheckpointFollower) {
    const { total, done, failed, remaining, progress } = statusOf(
      follower.state,
      follower.summary(),
      null,
      0,
    );
    return { total, done, failed, remaining, progress };
  }

  it("is one job: the output, the errors beside it, and the requests that ask for all of it", async () => {
    put(output);
    const follower = new CheckpointFollower(path(output));
    await follower.refresh();
    assert.deepEqual(counts(follower), {
      total: null,
      done: 5,
      failed: 3,
      remaining: null,
      progress: "stopped",
    });
    put(error);
    assert.equal(await follower.refresh(), true);
    assert.deepEqual(counts(follower), {
      total: null,
      done: 5,
      failed: 7,
      remaining: null,
      progress: "stopped",
    });
    put(requests);
    await follower.refresh();
    assert.deepEqual(counts(follower), { total: 14, done: 5, failed: 7, remaining: 2, progress: "stopped" });
    const wanted = readFileSync(path(requests), "utf8").split("\n").slice(0, 12).join("\n");
    writeFileSync(path(requests), wanted);
    await follower.refresh();
    assert.equal(counts(follower).progress, "finished-with-failures");
    assert.equal(await follower.refresh(), false);
    assert.deepEqual(follower.paths, [path(output), path(error)]);
    rmSync(path(error));
    await follower.refresh();
    assert.equal(counts(follower).failed, 3);
  });

  it("has no total from requests of another batch, nor where several lists would do", async () => {
    put(output, requests);
    const others = readFileSync(path(requests), "utf8").replaceAll("invoice-00", "other-00");
    writeFileSync(path(requests), others);
    const follower = new CheckpointFollower(path(output));
    await follower.refresh();
    assert.equal(counts(follower).total, null);
    put(requests);
    writeFileSync(
      path("more.jsonl"),
      `${readFileSync(path(requests), "utf8")}{"custom_id":"one more","body":{}}\n`,
    );
    await follower.refresh();
    assert.equal(counts(follower).total, null);
  });

  it("is listed once, and checkpoints of ours with such names on their own", async () => {
    put(output, error);
    const own = '{"id":"a","ts":1}\n';
    for (const name of ["jobs_output.jsonl", "jobs_error.jsonl"]) writeFileSync(path(name), own);
    const paths = ["jobs_error.jsonl", "jobs_output.jsonl", "batch_1_error.jsonl", output, error].map(path);
    assert.deepEqual([...(await shownByOthers(paths))], [path(error)]);
    copyFileSync(path(output), path("jobs_output.jsonl"));
    const follower = new CheckpointFollower(path("jobs_output.jsonl"));
    await follower.refresh();
    assert.deepEqual(follower.paths, [path("jobs_output.jsonl")]);
  });

  it("takes up errors that are written after their file was made", async () => {
    put(output);
    writeFileSync(path(error), "");
    const follower = new CheckpointFollower(path(output));
    await follower.refresh();
    assert.equal(counts(follower).failed, 3);
    put(error);
    await follower.refresh();
    assert.equal(counts(follower).failed, 7);
  });

  it("is followed while it is downloaded, also where its first line comes in parts", async () => {
    const text = readFileSync(foreignFixture(output), "utf8");
    writeFileSync(path(output), text.slice(0, 60));
    const follower = new CheckpointFollower(path(output));
    await follower.refresh();
    for (const end of [200, 700, text.length]) {
      writeFileSync(path(output), text.slice(0, end));
      await follower.refresh();
    }
    assert.equal(follower.summary().format, "openai-batch");
    assert.deepEqual([follower.state.done.size, follower.summary().damageCount], [5, 0]);
  });

  it("is read afresh where a document was written anew", async () => {
    const text = readFileSync(foreignFixture("promptfoo/results.json"), "utf8");
    const document = JSON.parse(text);
    document.results.results = document.results.results.slice(0, 3);
    writeFileSync(path("results.json"), JSON.stringify(document));
    const follower = new CheckpointFollower(path("results.json"));
    await follower.refresh();
    assert.equal(follower.state.done.size + follower.state.open.size, 3);
    writeFileSync(path("results.json"), text);
    await follower.refresh();
    assert.equal(follower.state.done.size + follower.state.open.size, 10);
    writeFileSync(path("next"), text.slice(0, 20_000));
    renameSync(path("next"), path("results.json"));
    await follower.refresh();
    assert.equal(follower.summary().tornTail, true);
    assert.equal(follower.summary().damageCount, 0);
  });

  it("gives the results of what is done, and no errors", async () => {
    const ids: unknown[] = [];
    for await (const { item } of readResults(foreignFixture(output))) ids.push(JSON.parse(item));
    const follower = new CheckpointFollower(foreignFixture(output));
    await follower.refresh();
    assert.deepEqual(ids, outcomeOf(follower.state).done);
  });

  it("has as many items as another file has lines, and never fewer than are there", async () => {
    put("json-lines/out.jsonl", "json-lines/in.txt");
    const readAs = { mapping: mappingOf({ id: "doc.id", error: "err", total: { lines: "in.txt" } }) };
    const follower = new CheckpointFollower(path("out.jsonl"), { readAs });
    await follower.refresh();
    assert.equal(follower.state.total, 8);
    appendFileSync(path("in.txt"), "doc 9");
    await follower.refresh();
    assert.equal(follower.state.total, 9);
    writeFileSync(path("in.txt"), "doc 1\n\n");
    await follower.refresh();
    assert.equal(follower.state.total, null);
    rmSync(path("in.txt"));
    await follower.refresh();
    assert.equal(follower.state.total, null);
  });
});
