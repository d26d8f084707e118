import { type Browser, chromium, type Page } from "playwright-core";
import { findChromium } from "../setup/system.mjs";

/** Two processors that others use as well draw slowly. */
const patienceMs = 60_000;

/** The program that shows the window of a workbench that a server serves. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) {
    const command = "apt-get update && apt-get install -y chromium";
    throw new Error(`No Chromium found: run \`${command}\`, or set CHROMIUM to the path of one.`);
  }
  return chromium.launch({
    executablePath,
    // cleanup.ts turns signals into an exit, and Playwright ends the browser at exit.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-dev-shm-usage", // containers have 64 MB there
      "--disable-gpu",
      "--disable-quic",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

/** A window of a common size, where nothing moves by itself: to draw what spins takes a sixth of all that tests take. */
export async function openPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await context.addInitScript(`addEventListener("DOMContentLoaded", () => {
    const style = document.createElement("style");
    style.textContent = "*, *::before, *::after { animation: none !important; transition: none !important }";
    document.head.append(style);
  })`);
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  return page;
}
