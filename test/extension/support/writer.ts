import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const program = `
const { AgentResume, JsonlStore } = require(process.argv[1]);
new AgentResume({ store: new JsonlStore(process.argv[2]) }).resumeOrStart(process.argv[3]).then(async (session) => {
  const items = ["one", "two", "three", "four"];
  for (const item of session.remaining(items)) {
    await session.markStarted(item);
    if (item === "three") break;
    await session.markDone(item, item.length, { ms: 5 });
  }
  console.log("held");
  setInterval(() => {}, 1000);
});
`;

/** Another process that holds a job with two of four items done and one begun, until it is killed. */
export async function startWriter(checkpoint: string, job: string): Promise<ChildProcess> {
  const runtime = join(process.env.AGENT_JOBS_ROOT!, "dist/index.cjs");
  const child = spawn(process.execPath, ["-e", program, runtime, checkpoint, job], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout!, "data");
  return child;
}
