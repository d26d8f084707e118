import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { killGroup } from "../host/processGroup.js";
import { cliPath } from "../support/cli.js";
import type { Random } from "./row.js";

export const itemCount = 500;
export const concurrency = 8;
const runDeadlineMs = 120_000;

export interface PlannedItem {
  id: string;
  ms: number;
  /** Of the result, and of the first step's. */
  bytes: number;
  stepBytes: number;
}

/** What an item's result is filled with. The job file has the same line. */
export const fillerOf = (id: string, bytes: number): string =>
  `${id}.`.repeat(Math.ceil(bytes / (id.length + 1))).slice(0, bytes);

// `began`, `worked` and `kept` are witnessed in a file of their own, which knows nothing of checkpoints: `worked`
// where a step's work is really done, with a number that no other execution has; `kept` once ctx.step has resolved.
const jobFile = `
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { defineJob } from "agent-jobs";

interface Item { id: string; ms: number; bytes: number; stepBytes: number }

const witness = (...words: (string | number)[]) =>
  appendFileSync(join(import.meta.dirname, "witness.log"), \`\${process.pid} \${words.join(" ")}\\n\`);
const fillerOf = (id: string, bytes: number) => \`\${id}.\`.repeat(Math.ceil(bytes / (id.length + 1))).slice(0, bytes);
let executions = 0;

export default defineJob({
  items: "items.json",
  concurrency: ${concurrency},
  async process(item: Item, ctx) {
    const { id, ms, bytes, stepBytes } = item;
    witness("began", id, ctx.attempt);
    const work = (step: string, size: number) => async () => {
      const execution = \`\${process.pid}-\${++executions}\`;
      witness("worked", id, step, execution);
      if (ms > 0) await wait(ms / 2);
      return { execution, filler: fillerOf(id, size) };
    };
    const first = await ctx.step("first", { id }, work("first", stepBytes));
    witness("kept", id, "first");
    const second = await ctx.step("second", { id, first: first.execution }, work("second", 0));
    witness("kept", id, "second");
    return { id, first: first.execution, second: second.execution, filler: fillerOf(id, bytes) };
  },
});
`;

/** One run of the job: what it acknowledged, and how it ended. */
export interface EndedRun {
  pid: number;
  code: number | null;
  killed: boolean;
  /** Items whose item-done event came out of the pipe. */
  acknowledged: Set<string>;
  /** What the file said of all runs so far, right after the kill. */
  doneAfter: ReadonlySet<string>;
  output: string;
}

/** A job of 500 items in a folder of its own, to be run and killed again and again. */
export class KilledJob {
  readonly folder: string;
  readonly jobFile: string;
  readonly checkpoint: string;
  readonly items: PlannedItem[];

  constructor(parent: string, random: Random) {
    this.folder = mkdtempSync(join(parent, "agent-jobs-kills-"));
    this.jobFile = join(this.folder, "kills.job.ts");
    this.checkpoint = join(this.folder, "checkpoints/kills.jsonl");
    this.items = Array.from({ length: itemCount }, (_, i) => planItem(`item-${i + 1}`, random));
    writeFileSync(this.jobFile, jobFile);
    writeFileSync(join(this.folder, "items.json"), JSON.stringify(this.items));
    appendFileSync(join(this.folder, "witness.log"), "");
  }

  /** What was really done so far: lines of words, the first of which is the process. */
  witnessed(): string[][] {
    const text = readFileSync(join(this.folder, "witness.log"), "utf8");
    return text.split("\n").flatMap((line) => (line === "" ? [] : [line.split(" ")]));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /**
   * Runs the job. `onStart` and `onEvent` may end it by calling `kill`, which takes its whole process group.
   */
  run(watch: {
    onStart?: (kill: () => void) => void;
    onEvent?: (event: { event: string }, kill: () => void) => void;
  }): Promise<EndedRun> {
    const child = spawn(process.execPath, [cliPath, "run", this.jobFile, "--json"], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const ended: EndedRun = {
      pid: child.pid ?? 0,
      code: null,
      killed: false,
      acknowledged: new Set(),
      doneAfter: new Set(),
      output: "",
    };
    const kill = () => {
      ended.killed = true;
      killGroup(child.pid, "SIGKILL");
    };
    readEvents(child, ended, (event) => watch.onEvent?.(event, kill));
    watch.onStart?.(kill);
    const hung = setTimeout(() => {
      ended.output += "\nThe run did not end in time.";
      killGroup(child.pid, "SIGKILL");
    }, runDeadlineMs);
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => {
        clearTimeout(hung);
        // A kill that came when the run had ended by itself killed nothing.
        ended.killed &&= signal === "SIGKILL";
        resolve({ ...ended, code });
      });
    });
  }
}

function readEvents(child: ChildProcess, ended: EndedRun, onEvent: (event: { event: string }) => void): void {
  let rest = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const event = JSON.parse(line) as { event: string; item?: string };
      if (event.event === "item-done") ended.acknowledged.add(event.item!);
      onEvent(event);
    }
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    ended.output += text;
  });
}

/** Mostly small and quick; some of 64 KiB, a few of 1 and 4 MiB, since a write that takes longer is torn more often. */
function planItem(id: string, random: Random): PlannedItem {
  const size = () => {
    const chance = random.next();
    if (chance < 0.01) return 4 * 1024 * 1024;
    if (chance < 0.03) return 1024 * 1024;
    if (chance < 0.15) return 64 * 1024;
    return random.between(0, 200);
  };
  return { id, ms: random.between(0, 30), bytes: size(), stepBytes: random.next() < 0.2 ? size() : 0 };
}
