import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/root.js";
import { scratchFolder } from "./cli.js";
import { LiveRun } from "./liveRun.js";

/** An example's files, in a folder of its own. */
export function copyOfExample(name: string): ReturnType<typeof scratchFolder> {
  const folder = scratchFolder();
  const filter = (path: string) => !path.includes("checkpoints") && !path.includes("__pycache__");
  cpSync(join(root, "examples", name), folder.path, { recursive: true, filter });
  return folder;
}

/**
 * Runs a worker job until some of its items are done, kills the run, and runs it to its end.
 * @returns the items that the second run did
 */
export async function killAndResume(jobFile: string, cwd: string, items: string): Promise<unknown[]> {
  const options = { cwd, args: ["--items", items] };
  const first = new LiveRun(jobFile, options);
  try {
    await first.saw("item-done", 10);
    first.send("SIGKILL");
    assert.equal((await first.ended).signal, "SIGKILL");
  } finally {
    first.dispose();
  }
  const done = new Set(first.items("item-done"));
  const second = new LiveRun(jobFile, options);
  try {
    const { code, stderr } = await second.ended;
    assert.equal(code, 0, stderr);
  } finally {
    second.dispose();
  }
  const did = second.items("item-done");
  assert.ok(did.length > 0, "it was killed in the middle");
  assert.deepEqual(
    second.items("item-started").filter((item) => done.has(item)),
    [],
    "what was done is not done again",
  );
  return did;
}
