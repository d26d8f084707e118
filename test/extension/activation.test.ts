import assert from "node:assert/strict";
import * as vscode from "vscode";

describe("the extension", () => {
  it("is present and activates", async () => {
    const extension = vscode.extensions.getExtension("agent-jobs.agent-jobs");
    assert.ok(extension, "agent-jobs.agent-jobs is not installed");
    await extension.activate();
    assert.equal(extension.isActive, true);
  });
});
