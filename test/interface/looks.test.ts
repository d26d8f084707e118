import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { releaseAtEnd } from "../host/cleanup.js";
import { longJobBytes, nightly } from "../support/longJob.js";
import { describeDashboard } from "./looks/dashboard.js";
import { describeItem, makeExtract } from "./looks/item.js";
import { useWorkbench } from "./workbench.js";

const items = 240;
const jobFile = `export default {
  items: Array.from({ length: ${items} }, (_, i) => ({ id: "nightly-" + String(i + 1).padStart(6, "0") })),
  process: ({ id }) => id,
};
`;

/** One window over one job of several runs: its dashboard, and whatever else a person looks at for long. */
describe("what a person looks at", () => {
  const folder = join(realpathSync(mkdtempSync(join(tmpdir(), "agent-jobs-looks-"))), "batches");
  releaseAtEnd(() => rmSync(join(folder, ".."), { recursive: true, force: true }));
  mkdirSync(join(folder, "checkpoints"), { recursive: true });
  writeFileSync(join(folder, "nightly.job.mjs"), jobFile);
  writeFileSync(join(folder, "checkpoints/nightly.jsonl"), longJobBytes({ ...nightly, items }));
  before(() => makeExtract(folder));
  const workbench = useWorkbench({ folder, settings: { "agentJobs.planBeforeRun": "always" } });

  describe("a dashboard", () => describeDashboard(workbench));
  describe("an item's document", () => describeItem(workbench));
});
