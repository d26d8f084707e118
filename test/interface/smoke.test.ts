import assert from "node:assert/strict";
import { join } from "node:path";
import { root } from "../setup/root.js";
import { useWorkbench } from "./workbench.js";

describe("the workbench with the linked extension", () => {
  const workbench = useWorkbench({ copyOf: join(root, "test/extension/workspace") });

  it("shows", async () => {
    const { page } = workbench();
    await page.locator(".activitybar").waitFor();
    assert.match(await page.title(), /workspace/);
    await workbench().screenshot("smoke");
  });

  it("lists the extension as installed", async () => {
    const { page } = workbench();
    await workbench().command("Extensions: Show Installed Extensions");
    await page.locator(".extensions-list .monaco-list-row", { hasText: "Agent Jobs" }).first().waitFor();
  });
});
