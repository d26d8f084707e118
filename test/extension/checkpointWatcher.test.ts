import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FSWatcher } from "chokidar";
import type { Log } from "../../src/extension/log.js";
import { CheckpointWatcher } from "../../src/extension/watching/checkpointWatcher.js";

/** Longer than the watcher waits before it looks once more. */
const quietMs = 250;

const filesOf = (watcher: CheckpointWatcher) => (watcher as unknown as { files?: Promise<FSWatcher> }).files;

describe("the watcher of checkpoints", () => {
  let folder: string;
  let checkpoint: string;
  let watcher: CheckpointWatcher;
  let warnings: string[];
  let onChange: (path: string) => void;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "agent-jobs-watch-"));
    checkpoint = join(folder, "checkpoints/a.jsonl");
    warnings = [];
    const log = { warn: (text: string) => warnings.push(text) } as unknown as Log;
    const again = () => watcher.watch([checkpoint]);
    watcher = new CheckpointWatcher(
      (path) => onChange(path),
      again,
      () => {},
      log,
    );
  });
  afterEach(() => {
    watcher.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Does something again and again until the watcher tells of a change: it takes a moment to begin. */
  async function toldOf(cause: () => void): Promise<string> {
    let retry: NodeJS.Timeout | undefined;
    const told = new Promise<string>((resolve) => {
      onChange = resolve;
    });
    cause();
    retry = setInterval(cause, 100);
    return told.finally(() => clearInterval(retry));
  }

  /** Resolves when nothing was told for a while. */
  async function quiet(): Promise<void> {
    await new Promise<void>((resolve) => {
      let timer = setTimeout(resolve, quietMs);
      onChange = () => {
        clearTimeout(timer);
        timer = setTimeout(resolve, quietMs);
      };
    });
  }

  it("waits for a folder that is not there yet, and for it to come back", async () => {
    watcher.watch([checkpoint]);
    const write = () => {
      mkdirSync(join(folder, "checkpoints"), { recursive: true });
      appendFileSync(checkpoint, "x\n");
    };
    assert.equal(await toldOf(write), checkpoint);
    rmSync(join(folder, "checkpoints"), { recursive: true });
    assert.equal(await toldOf(write), checkpoint);
  });

  it("tells of locks and stop requests, and not of backups and strangers", async () => {
    mkdirSync(join(folder, "checkpoints"));
    writeFileSync(checkpoint, "");
    watcher.watch([checkpoint]);
    for (const ending of [".lock", ".stop", ".events"])
      assert.equal(await toldOf(() => appendFileSync(`${checkpoint}${ending}`, "x")), checkpoint);
    onChange = () => assert.fail("told of a file that says nothing");
    writeFileSync(`${checkpoint}.bak-20261121T040000Z`, "x");
    writeFileSync(join(folder, "checkpoints/notes.txt"), "x");
    assert.equal(await toldOf(() => appendFileSync(`${checkpoint}.lock`, "x")), checkpoint);
  });

  it("tells again after the last of several changes in quick succession, as an editor's save makes them", async () => {
    mkdirSync(join(folder, "checkpoints"));
    writeFileSync(checkpoint, "one\ntwo\n");
    watcher.watch([checkpoint]);
    await toldOf(() => appendFileSync(checkpoint, "three\n"));
    const seen: number[] = [];
    const sawAll = new Promise<void>((resolve) => {
      onChange = () => {
        seen.push(statSync(checkpoint).size);
        // The save's second half comes right behind the first, which empties the file.
        if (seen.at(-1) === 0) appendFileSync(checkpoint, "one\n");
        else if (seen.at(-1) === 4) resolve();
      };
    });
    writeFileSync(checkpoint, "");
    await sawAll;
    assert.ok(seen.includes(0), "never looked between the halves");
  });

  it("looks again and again where the system has no watches left, and says so", async () => {
    mkdirSync(join(folder, "checkpoints"));
    writeFileSync(checkpoint, "");
    watcher.watch([checkpoint]);
    await toldOf(() => appendFileSync(checkpoint, "x\n"));
    const { fail } = watcher as unknown as { fail: (error: Error) => void };
    fail.call(watcher, Object.assign(new Error("no space"), { code: "ENOSPC" }));
    assert.match(warnings[0] ?? "", /no file watches left \(ENOSPC\)/);
    assert.equal(await toldOf(() => appendFileSync(checkpoint, "x\n")), checkpoint);
    rmSync(join(folder, "checkpoints"), { recursive: true });
    const write = () => {
      mkdirSync(join(folder, "checkpoints"), { recursive: true });
      appendFileSync(checkpoint, "x\n");
    };
    assert.equal(await toldOf(write), checkpoint);
  });

  it("tells of a checkpoint that is replaced, removed and made again, each time anew", async () => {
    mkdirSync(join(folder, "checkpoints"));
    writeFileSync(checkpoint, "one\n");
    watcher.watch([checkpoint]);
    await toldOf(() => appendFileSync(checkpoint, "two\n"));
    const draft = `${checkpoint}.draft`;
    for (let round = 0; round < 3; round++) {
      const replace = () => {
        writeFileSync(draft, `${round}\n`);
        renameSync(draft, checkpoint);
      };
      assert.equal(await toldOf(replace), checkpoint);
      assert.equal(await toldOf(() => appendFileSync(checkpoint, "grown\n")), checkpoint);
      assert.equal(await toldOf(() => rmSync(checkpoint, { force: true })), checkpoint);
      assert.equal(await toldOf(() => appendFileSync(checkpoint, "back\n")), checkpoint);
    }
  });

  it("tells of each single write to a checkpoint that took the place of another, as a repair puts it there", async () => {
    mkdirSync(join(folder, "checkpoints"));
    writeFileSync(checkpoint, "one\n");
    watcher.watch([checkpoint]);
    await toldOf(() => appendFileSync(checkpoint, "two\n"));
    for (let round = 0; round < 6; round++) {
      writeFileSync(`${checkpoint}.draft`, `${round}\n`);
      renameSync(checkpoint, `${checkpoint}.bak`);
      renameSync(`${checkpoint}.draft`, checkpoint);
      await quiet();
      const told = new Promise<string>((resolve) => {
        onChange = resolve;
      });
      writeFileSync(checkpoint, "written in place\n");
      assert.equal(await told, checkpoint);
      await quiet();
    }
  });

  it("tells of each write to a checkpoint that grows, and lets chokidar look at it again when it has come to rest", async () => {
    mkdirSync(join(folder, "checkpoints"));
    writeFileSync(checkpoint, "");
    watcher.watch([checkpoint]);
    const isWatched = async () => {
      const watched = (await filesOf(watcher))?.getWatched() ?? {};
      return Object.values(watched).flat().includes("a.jsonl");
    };
    const append = () => appendFileSync(checkpoint, "x\n");
    while (!(await isWatched())) await toldOf(append);
    while (await isWatched()) await toldOf(append);
    const nextTold = () =>
      new Promise<number>((resolve) => {
        onChange = () => resolve(statSync(checkpoint).size);
      });
    for (let n = 0; n < 10; n++) {
      const told = nextTold();
      appendFileSync(checkpoint, "y\n");
      assert.equal(await told, statSync(checkpoint).size);
    }
    while (!(await isWatched())) await nextTold();
    assert.equal(await toldOf(() => appendFileSync(checkpoint, "z\n")), checkpoint);
  });

  it("gives chokidar files alone, since it reads a folder again for whatever is written to a file in it", async () => {
    mkdirSync(join(folder, "checkpoints"));
    writeFileSync(checkpoint, "");
    watcher.watch([checkpoint]);
    await toldOf(() => appendFileSync(checkpoint, "x\n"));
    await toldOf(() => rmSync(checkpoint, { force: true }));
    await toldOf(() => appendFileSync(checkpoint, "x\n"));
    await quiet();
    // A folder that it watches is listed below the one above.
    const watched = (await filesOf(watcher))!.getWatched();
    assert.ok(!(folder in watched), Object.keys(watched).join(", "));
  });
});
