// The model that the Node script calls: model.py says what it does.
import { createHash } from "node:crypto";
import { openSync, writeSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

const words = "late refund login quality price praise delivery invoice".split(" ");
const ms = Number(process.env.MODEL_MS ?? 5);
const ledger = process.env.AGENT_JOBS_LEDGER ? openSync(process.env.AGENT_JOBS_LEDGER, "a") : undefined;

/** Answers a prompt, always alike. */
export async function ask(prompt) {
  note("begin", prompt);
  await wait(ms);
  const digest = createHash("sha256").update(prompt).digest();
  note("end", prompt);
  return `${words[digest[1] % words.length]} ${digest.toString("hex").slice(0, 8)}`;
}

function note(event, prompt) {
  if (ledger !== undefined) writeSync(ledger, `${JSON.stringify({ pid: process.pid, event, prompt })}\n`);
}
