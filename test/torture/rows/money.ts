import { spawn } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { CheckpointFollower } from "../../../src/runtime/store/follow.js";
import { releaseAtEnd } from "../../host/cleanup.js";
import { cliPath, runCli, scratchFolder } from "../../support/cli.js";
import { forkModelServer } from "../../support/modelServer/forkModelServer.js";
import type { LedgerEntry } from "../../support/modelServer/ledger.js";
import { Findings, type Random, type Row } from "../row.js";

const concurrency = 32;
/** Every call is charged the same, so that tokens count calls. */
const tokens = { input: 100, output: 20 };
const model = "gpt-4o-mini"; // one whose list price is known
const usdPerMillion = { input: 0.15, output: 0.6 };

/** Each item calls twice in steps and once outside of them, with the official SDKs in turn. */
const job = `
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { defineJob } from "agent-jobs";
const model = ${JSON.stringify(model)};
export default defineJob({
  items: Array.from({ length: Number(process.env.ITEMS) }, (_, i) => ({ id: "item-" + i })),
  concurrency: ${concurrency},
  async process({ id }: { id: string }, ctx) {
    async function call(what: string): Promise<string> {
      const content = "[item:" + id + "/" + what + "] [tokens:${tokens.input}/${tokens.output}]";
      const messages = [{ role: "user" as const, content }];
      if (id.endsWith("1")) {
        const client = new Anthropic({ apiKey: "key", baseURL: process.env.SERVER, fetch: ctx.fetch, maxRetries: 0 });
        ctx.usage(await client.messages.create({ model, max_tokens: 100, messages }));
      } else {
        const client = new OpenAI({ apiKey: "key", baseURL: process.env.SERVER + "/v1", fetch: ctx.fetch, maxRetries: 0 });
        ctx.usage(await client.chat.completions.create({ model, messages }));
      }
      return what;
    }
    const outline = await ctx.step("outline", { id }, () => call("outline"));
    const draft = await ctx.step("draft", { id, outline }, () => call("draft"));
    return draft + (await call("polish"));
  },
});`;

/**
 * What a job says that it spent, against what the service counted, over SIGKILLs: the two differ by no more than the
 * calls that were in flight, whose items are in doubt; a finished step is not paid for again.
 */
export const money: Row = {
  name: "money",
  what: `SIGKILL of runs of paid calls, ${concurrency} at a time`,
  unit: "kills",
  full: 50,
  reduced: 3,
  async run({ random, times, progress }) {
    const findings = new Findings();
    let killed = 0;
    let unseen = 0;
    let calls = 0;
    while (killed < times && findings.problems.length === 0) {
      const kills = Math.min(times - killed, random.between(3, 10));
      const paid = new PaidJob(kills * 60);
      await paid.open();
      try {
        for (let n = 0; n < kills; n++) {
          await paid.runUntilKilled(random);
          await paid.check(findings);
          progress(`${++killed} of ${times} kills`);
        }
        await paid.finish(findings);
        unseen += paid.unseenCalls;
        calls += paid.calls;
      } finally {
        await paid.close();
      }
    }
    return findings.outcome(
      killed,
      `${calls} calls, of which ${unseen} were in flight when a run was killed`,
    );
  },
};

class PaidJob {
  calls = 0;
  unseenCalls = 0;
  private server!: Awaited<ReturnType<typeof forkModelServer>>;
  /** How many calls may have been paid for unseen: one an item that a kill left in doubt. */
  private mayBeUnseen = 0;
  /** Steps that were finished when a run was killed, and how often they had been called by then. */
  private readonly finished = new Map<string, number>();
  private readonly folder = scratchFolder({ "paid.job.ts": job });
  private readonly checkpoint = join(this.folder.path, "checkpoints/paid.jsonl");

  constructor(private readonly items: number) {
    symlinkSync(resolve("node_modules"), join(this.folder.path, "node_modules"), "junction");
  }

  async open(): Promise<void> {
    this.server = await forkModelServer({ latencyMs: [5, 60] });
  }

  async close(): Promise<void> {
    await this.server.close();
    this.folder.remove();
  }

  private get env() {
    return { ITEMS: String(this.items), SERVER: this.server.baseUrl };
  }

  /** Kills it after some items, and some more milliseconds. */
  async runUntilKilled(random: Random): Promise<void> {
    const child = spawn(process.execPath, [cliPath, "run", "paid.job.ts", "--json"], {
      cwd: this.folder.path,
      env: { ...process.env, ...this.env },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const release = releaseAtEnd(() => child.kill("SIGKILL"));
    const after = random.between(1, 40);
    let done = 0;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      done += text.split('"item-done"').length - 1;
      if (done >= after) setTimeout(() => child.kill("SIGKILL"), random.next() * 40);
    });
    await new Promise((resolve) => child.once("close", resolve));
    release();
  }

  async check(findings: Findings): Promise<void> {
    await this.server.idle();
    const { inDoubt, inDoubtItems } = await this.status();
    this.mayBeUnseen += inDoubt;
    if (inDoubt > concurrency)
      findings.add("wrong", `${inDoubt} items are in doubt, of ${concurrency} in flight`);
    if (inDoubtItems.length !== inDoubt)
      findings.add("wrong", `${inDoubtItems.length} of ${inDoubt} in doubt listed`);
    await this.compare(findings);
    const counts = await this.callsOf();
    const steps: string[] = [];
    const follower = new CheckpointFollower(this.checkpoint, {
      onRecord: ({ record }) => {
        if (record.type === "step") steps.push(`${JSON.parse(record.item)}/${record.step}`);
      },
    });
    await follower.refresh();
    for (const step of steps) if (!this.finished.has(step)) this.finished.set(step, counts.get(step) ?? 0);
  }

  async finish(findings: Findings): Promise<void> {
    const { code, stderr } = await runCli(["run", "paid.job.ts"], { cwd: this.folder.path, env: this.env });
    if (code !== 0) findings.add("thrown", `the last run ended with ${code}: ${stderr.slice(0, 300)}`);
    const { done, damaged } = await this.status();
    if (done !== this.items || damaged)
      findings.add("lost", `${done} of ${this.items} done, damaged: ${damaged}`);
    await this.compare(findings);
    const counts = await this.callsOf();
    for (const [step, count] of this.finished)
      if (counts.get(step) !== count)
        findings.add(
          "lost",
          `${step} was called ${counts.get(step)} times, ${count} of them before it was finished`,
        );
  }

  /** What the job says that it spent, and what the service counted. */
  private async compare(findings: Findings): Promise<void> {
    const { usage } = await this.status();
    const seen = (await this.server.ledger()).totals();
    const { input, output } = tokens;
    this.calls = seen.inputTokens / input;
    const told = (usage?.inputTokens ?? 0) / input;
    this.unseenCalls = this.calls - told;
    if (this.unseenCalls < 0 || this.unseenCalls > this.mayBeUnseen)
      findings.add("wrong", `${told} of ${this.calls} calls counted, ${this.mayBeUnseen} may be unseen`);
    if ((usage?.outputTokens ?? 0) !== told * output)
      findings.add("wrong", `${usage?.outputTokens} tokens out of ${told} calls`);
    const usd = (told * (input * usdPerMillion.input + output * usdPerMillion.output)) / 1e6;
    if (Math.abs((usage?.usd ?? 0) - usd) > 1e-7) findings.add("wrong", `$${usage?.usd} instead of $${usd}`);
  }

  private async callsOf(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    const count = ({ item }: LedgerEntry) => counts.set(item, (counts.get(item) ?? 0) + 1);
    for (const entry of (await this.server.ledger()).entries) count(entry);
    return counts;
  }

  private async status() {
    const { stdout } = await runCli(["status", this.checkpoint, "--json"]);
    return JSON.parse(stdout).jobs[0];
  }
}
