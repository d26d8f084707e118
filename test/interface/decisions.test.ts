import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { releaseAtEnd } from "../host/cleanup.js";
import { describeDoubt, makeDoubt } from "./decisions/doubt.js";
import { describeRepair, makeDamage } from "./decisions/repair.js";
import { useWorkbench } from "./workbench.js";

describe("what a person decides in the workbench", () => {
  const folder = join(realpathSync(mkdtempSync(join(tmpdir(), "agent-jobs-decisions-"))), "batches");
  releaseAtEnd(() => rmSync(join(folder, ".."), { recursive: true, force: true }));
  before(async () => {
    makeDamage(folder);
    await makeDoubt(folder);
  });
  const workbench = useWorkbench({ folder });

  describe("over damage", () => describeRepair(workbench));
  describe("over items in doubt", () => describeDoubt(workbench));
});
