import { launchBrowser, openPage } from "./browser.js";
import { startServer } from "./server.js";

const wholeRunMs = 20 * 60_000;

export interface HostRun {
  /** The folder that the window opens. */
  folder: string;
  /** A module whose `run` VS Code calls in its extension host. */
  tests: string;
  /** The folder of the extension that runs as if under development. */
  extension: string;
  /** The folder of one that runs as if it were installed. */
  installed?: string;
  /** For the extension host. */
  env: NodeJS.ProcessEnv;
}

/** Runs a module in the extension host of VS Code's server, with Chromium as its window. Gives its exit code. */
export async function runInServer({ folder, tests, extension, installed, env }: HostRun): Promise<number> {
  const server = await startServer({ driver: true, env, ...(installed && { link: installed }) });
  const browser = await launchBrowser();
  try {
    const page = await openPage(browser);
    const exitCode = new Promise<number>((resolve, reject) => {
      page.exposeFunction("codeAutomationExit", resolve);
      page.once("crash", () => reject(new Error("The workbench's page crashed.")));
      browser.once("disconnected", () => reject(new Error("Chromium ended.")));
      server.ended.then(() => reject(new Error("The VS Code server ended.")));
      const late = () => reject(new Error(`No verdict within ${wholeRunMs / 60_000} minutes.`));
      setTimeout(late, wholeRunMs).unref();
    });
    exitCode.catch(() => {}); // may come before anybody waits for it
    const payload = [
      ["extensionDevelopmentPath", server.uri(extension)],
      ["extensionTestsPath", server.uri(tests)],
    ] as const;
    await page.goto(server.url(folder, payload), { timeout: wholeRunMs });
    return await exitCode;
  } catch (error) {
    console.error(server.output().slice(-6000));
    throw error;
  } finally {
    await browser.close();
    await server.stop();
  }
}
