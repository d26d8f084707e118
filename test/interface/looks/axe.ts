import axe from "axe-core";
import type { Frame, FrameLocator, Page } from "playwright-core";

/** What keeps people from using a webview's page, by Axe: faults that it calls serious or critical. */
export async function seriousFaults(webview: FrameLocator): Promise<string[]> {
  const root = await webview.locator("html").elementHandle();
  const frame = await root!.ownerFrame();
  return faultsIn(frame!, "html");
}

/** The same of a part of the workbench: what is around it is VS Code's own. */
export const faultsWithin = (page: Page, selector: string): Promise<string[]> =>
  faultsIn(page.mainFrame(), selector);

async function faultsIn(frame: Frame, selector: string): Promise<string[]> {
  await frame.evaluate(axe.source);
  const { violations } = await frame.evaluate(
    (part) => (globalThis as unknown as { axe: typeof axe }).axe.run(part),
    selector,
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
}
