// Runs test/extension, or those of its bundles that are named as arguments, inside the extension host of a real VS Code: a desktop one where it can be had, else the server.
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { root } from "../setup/root.js";
import { endWithParent, releaseAtEnd } from "./cleanup.js";
import { findDesktop, runInDesktop } from "./desktop.js";
import { runInServer } from "./runInServer.js";

const tests = join(root, "dist/test/extension/index.js");

endWithParent();
const scratch = realpathSync(mkdtempSync(join(tmpdir(), "agent-jobs-suite-")));
releaseAtEnd(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 }));
const folder = join(scratch, "workspace");
/** Of the one folder: only where a workspace file is open may tests add folders without a new extension host. */
const workspace = join(scratch, "suite.code-workspace");
const report = join(scratch, "report.txt");
const verdict = process.env.AGENT_JOBS_VERDICT ?? join(scratch, "verdict.json");

/** Through the environment, since nothing else reaches into an extension host. */
function environment(): Record<string, string> {
  const names = ["AGENT_JOBS_GREP", "AGENT_JOBS_COLOR", "AGENT_JOBS_TIMEOUT_MS", "CI"];
  const handed = names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return {
    ...Object.fromEntries(handed),
    AGENT_JOBS_ROOT: root,
    AGENT_JOBS_FILES: process.argv
      .slice(2)
      .map((file) => resolve(file))
      .join("\n"),
    AGENT_JOBS_REPORT: report,
    AGENT_JOBS_VERDICT: verdict,
  };
}

async function main() {
  cpSync(join(root, "test/extension/workspace"), folder, { recursive: true });
  writeFileSync(workspace, JSON.stringify({ folders: [{ path: "workspace" }], settings: {} }));
  const desktop = await findDesktop();
  let exitCode = 1;
  try {
    if (desktop) exitCode = await runInDesktop(desktop, { workspace, scratch, tests, env: environment() });
    else exitCode = await runInServer({ folder: workspace, tests, extension: root, env: environment() });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  if (existsSync(report)) console.log(readFileSync(report, "utf8"));
  // The exit code alone will not do: an extension host that dies of a signal is reported as 0.
  if (!existsSync(verdict)) {
    console.error("The extension host ended before its suite gave a verdict.");
    process.exitCode = 1;
  } else process.exitCode = exitCode;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
