// The desktop VS Code, where there is one or it can be downloaded.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { downloadAndUnzipVSCode, runTests } from "@vscode/test-electron";
import { cacheFolder } from "../setup/cache.mjs";
import { root } from "../setup/root.js";
import { quietSettings } from "./settings.js";

const DOWNLOAD_IDLE_MS = 10_000;

/** The program of a desktop VS Code, or undefined where the server has to do. TEST_HOST=desktop|server forces one. */
export async function findDesktop(): Promise<string | undefined> {
  const forced = process.env.TEST_HOST;
  if (forced && forced !== "desktop" && forced !== "server") {
    throw new Error(`Expected TEST_HOST to be "desktop" or "server", got "${forced}".`);
  }
  if (forced === "server") return undefined;
  if (process.env.VSCODE_EXECUTABLE) return process.env.VSCODE_EXECUTABLE;
  const noScreen = process.platform === "linux" && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY;
  if (noScreen && forced !== "desktop") {
    console.log("There is no display here: the VS Code server with Chromium takes the desktop's place.");
    return undefined;
  }
  try {
    return await downloadAndUnzipVSCode({
      version: process.env.VSCODE_VERSION ?? "stable",
      cachePath: join(cacheFolder(), "vscode-desktop"),
      timeout: DOWNLOAD_IDLE_MS,
      extensionDevelopmentPath: root,
    });
  } catch (error) {
    if (forced === "desktop") throw error;
    console.log(
      `VS Code cannot be downloaded here (${(error as Error).message}): the server takes its place.`,
    );
    return undefined;
  }
}

/** Runs the suites in the extension host of a desktop VS Code. Gives its exit code. */
export async function runInDesktop(
  vscodeExecutablePath: string,
  run: { workspace: string; scratch: string; tests: string; env: Record<string, string> },
): Promise<number> {
  const data = join(run.scratch, "data");
  mkdirSync(join(data, "User"), { recursive: true });
  writeFileSync(join(data, "User/settings.json"), JSON.stringify(quietSettings));
  return runTests({
    vscodeExecutablePath,
    extensionDevelopmentPath: root,
    extensionTestsPath: run.tests,
    extensionTestsEnv: run.env,
    launchArgs: [run.workspace, "--user-data-dir", data, "--extensions-dir", join(run.scratch, "extensions")],
  });
}
