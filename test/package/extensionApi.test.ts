import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../setup/root.js";

/** What another extension writes, and lines that its compiler is to refuse. */
const consumer = `import * as vscode from "vscode";
import type { AgentJobsApiError, AgentJobsExports, JobSnapshot } from "./extension-api";

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const extension = vscode.extensions.getExtension<AgentJobsExports>("agent-jobs.agent-jobs");
  const api = (await extension?.activate())?.getApi(1);
  if (!api) return;
  await api.ready();
  const left: number = api.jobs.reduce((sum: number, job: JobSnapshot) => sum + (job.counts?.remaining ?? 0), 0);
  api.onDidEndRun(({ job, ended }) => console.log(job.name, ended, left), undefined, context.subscriptions);
  const cancellation = new vscode.CancellationTokenSource();
  try {
    const { toRun, expected } = await api.plan(api.jobs[0]!.id, cancellation.token);
    if ((toRun ?? 0) > 0 && (expected.usd ?? 0) < 1) await api.resume(api.jobs[0]!.id);
  } catch (error) {
    if ((error as AgentJobsApiError).code === "not-trusted") return;
    throw error;
  }
  // @ts-expect-error a version that is not there
  extension?.exports.getApi(2);
  // @ts-expect-error a copy cannot be changed
  api.jobs[0]!.name = "other";
  // @ts-expect-error no such state
  if (api.jobs[0]!.state === "done") return;
  // @ts-expect-error nothing is run without the person
  api.run(api.jobs[0]!.id);
}
`;

describe("the declarations of the extension's API", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "agent-jobs-consumer-"));
    mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
    symlinkSync(join(root, "node_modules/@types/vscode"), join(folder, "node_modules/@types/vscode"), "dir");
    copyFileSync(join(root, "dist/types/extension-api.d.ts"), join(folder, "extension-api.d.ts"));
    writeFileSync(join(folder, "consumer.ts"), consumer);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("are all that another extension needs beside those of VS Code", () => {
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const flags = [
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "false",
      "--target",
      "es2023",
      "--module",
      "commonjs",
    ];
    const { status, stdout } = spawnSync(
      process.execPath,
      [compiler, ...flags, "--lib", "es2023,dom", "--types", "vscode", "consumer.ts"],
      { cwd: folder, encoding: "utf8" },
    );
    assert.equal(stdout, "");
    assert.equal(status, 0);
  });
});
