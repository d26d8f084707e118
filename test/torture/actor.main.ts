// A real writer in a process of its own, which says what was acknowledged on its standard output, a JSON line each:
//   actor.main.js append FILE COUNT BYTES       one record after another, going on after failures, then closes
//   actor.main.js flood FILE CALLERS BYTES      so many callers at the same time, until a write fails
//   actor.main.js CHANGE FILE                   does what changes.ts has under that name
// With --wait it first says which threads it has, and waits until its standard input says something.
import { readdirSync, writeSync } from "node:fs";
import { stat } from "node:fs/promises";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import type { JobLog } from "../../src/runtime/store/store.js";
import type { Said } from "./actor.js";
import { type Change, changes } from "./changes.js";

// Written in one call, at once: what a pipe holds is known even if this process is killed right after.
const say = (said: Said) => void writeSync(1, `${JSON.stringify(said)}\n`);

/** Tells the threads apart: the pool's one thread makes all asynchronous calls of the file system. */
async function waitForParent(): Promise<void> {
  const threads = () => new Set(readdirSync("/proc/self/task").map(Number));
  const before = threads();
  await stat("/");
  const pool = [...threads()].find((id) => !before.has(id));
  say({ main: process.pid, pool: pool ?? 0 });
  await new Promise((resolve) => process.stdin.once("data", resolve));
  process.stdin.unref();
}

const written = new Date("2026-11-21T04:00:00Z").getTime();

async function append(log: JobLog, id: string, bytes: number): Promise<boolean> {
  const item = keyOf(id);
  try {
    await log.append(
      [{ type: "done", atMs: written, item, run: 1, result: { of: id, filler: "x".repeat(bytes) } }],
      "synced",
    );
    say({ acknowledged: item });
    return true;
  } catch (error) {
    const { code = "", systemCode = "" } = error as { code?: string; systemCode?: string };
    say({ rejected: item, code, systemCode });
    return false;
  }
}

async function write(mode: string, path: string, count: number, bytes: number): Promise<void> {
  const log = await new JsonlStore(path).open("torture");
  const run = Math.max(0, ...log.state.runs.keys()) + 1;
  const { pid } = process;
  const started = { type: "run-started", atMs: written, run, pid, host: "ada", token: log.token } as const;
  // As a run does, so that the tear of an earlier one is known for what it is.
  await log.append([started], "written").catch(() => {});
  if (mode === "append") for (let i = 0; i < count; i++) await append(log, `${pid}-${i}`, bytes);
  else
    await Promise.all(
      Array.from({ length: count }, async (_, caller) => {
        for (let i = 0; await append(log, `${pid}-${caller}-${i}`, bytes); i++);
      }),
    );
  await log.close();
}

async function main([mode, path, count, bytes]: string[]): Promise<void> {
  if (process.argv.includes("--wait")) await waitForParent();
  if (Object.hasOwn(changes, mode!)) await changes[mode as Change](path!);
  else await write(mode!, path!, Number(count), Number(bytes));
  say({ ended: true, maxRssMiB: Math.round(process.resourceUsage().maxRSS / 1024) });
}

main(process.argv.slice(2)).catch((error: Error) => {
  say({ threw: `${(error as { code?: string }).code ?? ""} ${error.stack}` });
  process.exitCode = 1;
});
