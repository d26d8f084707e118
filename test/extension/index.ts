// What VS Code runs inside its extension host (extensionTestsPath): mocha over the bundles beside this file.
import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { format } from "node:util";
import Mocha from "mocha";
import { runMocha } from "../setup/runMocha.js";

export async function run(): Promise<void> {
  // The console of an extension host is drowned by the workbench's: the launcher prints this file instead.
  const report = process.env.AGENT_JOBS_REPORT;
  if (report) {
    Mocha.reporters.Base.consoleLog = (...args: unknown[]) => appendFileSync(report, `${format(...args)}\n`);
  }
  const chosen = process.env.AGENT_JOBS_FILES?.split("\n").filter(Boolean) ?? [];
  const verdict = await runMocha(chosen.length > 0 ? chosen : bundlesHere());
  if (verdict.failed > 0) throw new Error(`${verdict.failed} failed`); // becomes the exit code
}

function bundlesHere(): string[] {
  return readdirSync(__dirname, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.js"))
    .sort()
    .map((name) => join(__dirname, name));
}
