import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildVsix } from "../package/vsix.js";
import { root } from "../setup/root.js";
import type { Workbench } from "./page.js";
import { openWorkbench } from "./workbench.js";

describe("the VSIX, installed", () => {
  let scratch: string;
  let workbench: Workbench;
  before(async () => {
    scratch = mkdtempSync(join(tmpdir(), "agent-jobs-vsix-"));
    const vsix = join(scratch, "agent-jobs.vsix");
    buildVsix(vsix);
    workbench = await openWorkbench({
      copyOf: join(root, "examples/hello"),
      extension: { vsix },
      env: { HELLO_DELAY_MS: "50" },
    });
  });
  after(async () => {
    await workbench?.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  it("runs a job to its end", async () => {
    await workbench.openView();
    const row = workbench.treeRow("hello");
    await row.getByText("not run yet").waitFor();
    await workbench.inlineAction(row, "Run");
    await row.getByText("123/126 · 3 failed").waitFor();
    await workbench.screenshot("installed");
  });
});
