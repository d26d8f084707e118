import axe from "axe-core";
import type { FrameLocator } from "playwright-core";

/** What keeps people from using a webview's page, by Axe: faults that it calls serious or critical. */
export async function seriousFaults(webview: FrameLocator): Promise<string[]> {
  const root = await webview.locator("html").elementHandle();
  const frame = await root!.ownerFrame();
  await frame!.evaluate(axe.source);
  const { violations } = await frame!.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(),
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
}
