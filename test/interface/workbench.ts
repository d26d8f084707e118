// Opens a real workbench for one suite: a server and a profile of its own, Chromium as the window.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { launchBrowser, openPage } from "../host/browser.js";
import { releaseAtEnd } from "../host/cleanup.js";
import { startServer } from "../host/server.js";
import { root } from "../setup/root.js";
import { Workbench } from "./page.js";

export interface WorkbenchOptions {
  /** A folder to open as it is. */
  folder?: string;
  /** A folder to open a throw-away copy of. One of the two is needed. */
  copyOf?: string;
  /** "linked" runs the checkout's build as if it were installed (the default); otherwise the path of a VSIX to install. */
  extension?: "linked" | { vsix: string };
  /** Source folders of further extensions. */
  alsoLink?: readonly string[];
  /** "granted": Workspace Trust is off (the default). "restricted": on, and the folder is not trusted. "ask": VS Code asks. */
  trust?: "granted" | "restricted" | "ask";
  /** User settings, in place before the workbench starts. */
  settings?: Readonly<Record<string, unknown>>;
  /** For the extension host and its terminals, beside this process's environment. */
  env?: NodeJS.ProcessEnv;
}

/** Opens a workbench without VS Code's driver: toasts, dialogs and confirmations are what a person gets. */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "agent-jobs-interface-")));
  const removeScratch = () => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  const forget = releaseAtEnd(removeScratch);
  const folder = workspaceFolder(options, scratch);
  const { extension = "linked", trust = "granted", settings, env, alsoLink } = options;
  const server = await startServer({
    ...(extension === "linked" ? { link: root } : { vsix: extension.vsix }),
    workspaceTrust: trust !== "granted",
    settings: {
      // A click on the icon of a view that is shown already would hide it.
      "workbench.activityBar.iconClickBehavior": "focus",
      ...(trust === "restricted" ? { "security.workspace.trust.startupPrompt": "never" } : {}),
      ...settings,
    },
    ...(env ? { env } : {}),
    ...(alsoLink ? { alsoLink } : {}),
  });
  const browser = await launchBrowser().catch(async (error) => {
    await server.stop();
    throw error;
  });
  const close = async () => {
    await browser.close();
    await server.stop();
    removeScratch();
    forget();
  };
  try {
    const page = await openPage(browser);
    await page.goto(server.url(folder));
    const workbench = new Workbench(page, folder, close, () => server.crash());
    await workbench.ready();
    // The files of the folder come through the extension host's connection, at last.
    if (readdirSync(folder).length > 0)
      await page.locator(".explorer-folders-view .monaco-list-row").first().waitFor();
    return workbench;
  } catch (error) {
    console.error(server.output().slice(-4000));
    await close();
    throw error;
  }
}

function workspaceFolder({ folder, copyOf }: WorkbenchOptions, scratch: string): string {
  if (folder) return realpathSync(folder);
  if (!copyOf) throw new TypeError("Expected `folder` or `copyOf`, got neither.");
  const copy = join(scratch, basename(copyOf));
  cpSync(copyOf, copy, { recursive: true });
  return copy;
}

/**
 * For a `describe`: opens the workbench before its tests and closes it after them, and leaves a screenshot of each test
 * that fails. Gives a function that gives the workbench.
 */
export function useWorkbench(options: WorkbenchOptions | (() => WorkbenchOptions)): () => Workbench {
  let workbench: Workbench | undefined;
  before(async () => {
    workbench = await openWorkbench(typeof options === "function" ? options() : options);
  });
  afterEach(async function () {
    const test = this.currentTest;
    if (test?.state !== "failed" || !workbench) return;
    await workbench.screenshot(`failed-${test.fullTitle().replace(/[^\w]+/g, "-")}`).catch(() => {});
  });
  after(async () => {
    await workbench?.close();
  });
  return () => {
    if (!workbench) throw new Error("The workbench opens before the tests of its suite, not earlier.");
    return workbench;
  };
}

/** Where screenshots go. Not in git. */
export const screenshotFolder = join(root, "out/screenshots");
mkdirSync(screenshotFolder, { recursive: true });
