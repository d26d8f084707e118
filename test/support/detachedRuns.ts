import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { killGroup } from "../host/processGroup.js";
import { type CliOutcome, runCli, scratchFolder } from "./cli.js";
import { fileText } from "./files.js";

/**
 * An item goes on until the file `go` is there, so that a test and not a clock says when it ends. Each begin is
 * witnessed in the file `begun`. Items named `bad…` fail.
 */
export const gatedJob = `
import { appendFileSync, existsSync, watch } from "node:fs";
import { join } from "node:path";
import { defineJob } from "agent-jobs";

const folder = import.meta.dirname;
const opened = () => existsSync(join(folder, "go"));

export default defineJob({
  items: ["a", "b", "bad", "d", "e"],
  concurrency: 2,
  retry: false,
  async process(item) {
    appendFileSync(join(folder, "begun"), item + "\\n");
    await new Promise((resolve) => {
      const watcher = watch(folder, () => opened() && resolve(watcher.close()));
      if (opened()) resolve(watcher.close());
    });
    if (item.startsWith("bad")) throw Object.assign(new Error("429 too many requests"), { status: 429 });
    return item;
  },
});
`;

/** What tests here look at of a job in `status --json`. */
export interface JobJson {
  state: string;
  done: number;
  failed: number;
  inDoubt: number;
  run: { pid: number } | null;
  lastRun: { ended: string; signal?: string } | null;
}

export interface Detached {
  pid: number;
  checkpoint: string;
  output: string;
}

/** A folder with a job, and the runs of it that were detached. */
export class DetachedRuns {
  readonly folder: string;
  private readonly remove: () => void;
  private readonly pids: number[] = [];

  constructor(files: Record<string, string> = { "n.job.mjs": gatedJob }) {
    const scratch = scratchFolder(files);
    this.folder = scratch.path;
    this.remove = scratch.remove;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  cli(...args: string[]): Promise<CliOutcome> {
    return runCli(args, { cwd: this.folder });
  }

  async detach(...args: string[]): Promise<Detached> {
    const { code, stdout, stderr } = await this.cli("run", "n.job.mjs", "--detach", "--json", ...args);
    assert.equal(code, 0, stderr);
    const detached = JSON.parse(stdout) as Detached & { event: string };
    assert.equal(detached.event, "run-detached");
    this.pids.push(detached.pid);
    return detached;
  }

  async status(name = "n.job.mjs"): Promise<JobJson> {
    return JSON.parse((await this.cli("status", "--json", name)).stdout).jobs[0];
  }

  /** The pid of the run that holds the job; it is ended with the test. */
  async livePid(name = "n.job.mjs"): Promise<number> {
    const { run } = await this.status(name);
    assert.ok(run, "a run is live");
    this.pids.push(run.pid);
    return run.pid;
  }

  /** Waits until so many items have begun. */
  async begun(count: number): Promise<void> {
    await fileText(this.path("begun"), (text) => text.trimEnd().split("\n").length >= count);
  }

  letGo(): void {
    writeFileSync(this.path("go"), "");
  }

  /** Items wait again. */
  hold(): void {
    rmSync(this.path("go"));
  }

  /** Waits until a detached run begins no further item. */
  async stopping({ output }: Pick<Detached, "output">): Promise<void> {
    await fileText(output, (text) => text.includes("Stopping: finishing"));
  }

  /** Waits until the checkpoint says that a run has ended. */
  async ended(checkpoint = "checkpoints/n.jsonl"): Promise<void> {
    await fileText(this.path(checkpoint), (text) => text.includes('"run-ended"'));
  }

  text(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  dispose(): void {
    for (const pid of this.pids) killGroup(pid, "SIGKILL");
    this.remove();
  }
}
