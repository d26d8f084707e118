// A folder with a job in every state, as the runtime itself leaves them.
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentResume } from "../../src/runtime/session/agentResume.js";
import type { Session } from "../../src/runtime/session/session.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { root } from "../setup/root.js";

const jobFile = `import { defineJob } from "agent-jobs";

export default defineJob({ items: [], process() {} });
`;

/** Makes the folder and gives its path. */
export async function makeScene(): Promise<string> {
  const folder = join(realpathSync(mkdtempSync(join(tmpdir(), "agent-jobs-scene-"))), "batches");
  mkdirSync(folder);
  cpSync(join(root, "examples/hello"), join(folder, "hello"), {
    recursive: true,
    filter: (path) => !path.includes("checkpoints"),
  });
  await writeJob(folder, "invoices", 412, async (session, item, n) => {
    if (n % 57 === 3)
      await session.markFailed(item, new Error(`The reply is no JSON: "Sure! Here is the invoice…"`), {
        cause: "bad-reply",
      });
    else if (n % 40 === 7)
      await session.markFailed(item, new Error("429 Too many requests: retry after 20 s"), {
        cause: "rate-limit",
      });
    else
      await session.markDone(
        item,
        { total: n },
        { ms: 2300, usage: { inputTokens: 812, outputTokens: 96, usd: 0.0012 } },
      );
  });
  await writeJob(folder, "nightly-summaries", 1000, async (session, item, n) => {
    if (n >= 847) return;
    if (n === 846) await session.markStarted(item);
    else await session.markDone(item, { n }, { ms: 1900 });
  });
  await writeJob(folder, "tickets", 120, (session, item, n) => session.markDone(item, { n }, { ms: 900 }));
  await writeJob(folder, "translations", 64, (session, item, n) =>
    session.markDone(item, { n }, { ms: 900 }),
  );
  damage(join(folder, "checkpoints/translations.jsonl"), 20);
  writeFileSync(join(folder, "checkpoints/notes.jsonl"), '{"level":"info","message":"started"}\n');
  appendFileSync(
    join(folder, "checkpoints/batch-job-42.jsonl"),
    readFileSync(join(root, "test/fixtures/article/a1-half-847-of-1000.jsonl")),
  );
  return folder;
}

/** Changes a byte in the middle of a line, counted from 1. */
export function damage(path: string, line: number): void {
  const lines = readFileSync(path, "utf8").split("\n");
  const text = lines[line - 1]!;
  lines[line - 1] = `${text.slice(0, 20)}~${text.slice(21)}`;
  writeFileSync(path, lines.join("\n"));
}

async function writeJob(
  folder: string,
  name: string,
  total: number,
  work: (session: Session, item: string, n: number) => Promise<unknown>,
): Promise<void> {
  writeFileSync(join(folder, `${name}.job.ts`), jobFile);
  const store = new JsonlStore(join(folder, "checkpoints", `${name}.jsonl`));
  const items = Array.from(
    { length: total },
    (_, i) => `${name.replace(/s$/, "")}-${String(i + 1).padStart(4, "0")}`,
  );
  const options = { jobFile: `../${name}.job.ts`, concurrency: 8 };
  await new AgentResume({ store }).resumeOrStart(
    name,
    async (session) => {
      await Promise.all([...session.remaining(items)].map((item, n) => work(session, item, n)));
    },
    options,
  );
}
