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
  // Two windows at a time, each with half of the files, take less time than one.
  const [index, of] = (process.env.AGENT_JOBS_SHARE ?? "0/1").split("/").map(Number) as [number, number];
  const files = readdirSync(__dirname, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.js"))
    .sort()
    .filter((_, i) => i % of === index)
    .map((name) => join(__dirname, name));
  const verdict = await runMocha(files);
  if (verdict.failed > 0) throw new Error(`${verdict.failed} failed`); // becomes the exit code
}
