// Runs test/extension inside the extension host of a real VS Code: a desktop one where it can be had, else the server.
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../setup/root.js";
import { launchBrowser, openPage } from "./browser.js";
import { endWithParent, releaseAtEnd } from "./cleanup.js";
import { findDesktop, runInDesktop } from "./desktop.js";
import { startServer } from "./server.js";

const WHOLE_RUN_MS = 10 * 60_000;
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
    AGENT_JOBS_REPORT: report,
    AGENT_JOBS_VERDICT: verdict,
  };
}

async function runInServer(): Promise<number> {
  const server = await startServer({ driver: true, env: environment() });
  const browser = await launchBrowser();
  try {
    const page = await openPage(browser);
    const exitCode = new Promise<number>((resolve, reject) => {
      page.exposeFunction("codeAutomationExit", resolve);
      page.once("crash", () => reject(new Error("The workbench's page crashed.")));
      browser.once("disconnected", () => reject(new Error("Chromium ended.")));
      server.ended.then(() => reject(new Error("The VS Code server ended.")));
      const late = () => reject(new Error(`No verdict within ${WHOLE_RUN_MS / 60_000} minutes.`));
      setTimeout(late, WHOLE_RUN_MS).unref();
    });
    exitCode.catch(() => {}); // may come before anybody waits for it
    const payload = [
      ["extensionDevelopmentPath", server.uri(root)],
      ["extensionTestsPath", server.uri(tests)],
    ] as const;
    await page.goto(server.url(workspace, payload), { timeout: WHOLE_RUN_MS });
    return await exitCode;
  } catch (error) {
    console.error(server.output().slice(-6000));
    throw error;
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function main() {
  cpSync(join(root, "test/extension/workspace"), folder, { recursive: true });
  writeFileSync(workspace, JSON.stringify({ folders: [{ path: "workspace" }], settings: {} }));
  const desktop = await findDesktop();
  let exitCode = 1;
  try {
    if (desktop) exitCode = await runInDesktop(desktop, { workspace, scratch, tests, env: environment() });
    else exitCode = await runInServer();
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
