import type { Workbench } from "../page.js";

/** The buttons at the top of a dashboard, as a person presses them without a mouse. */
export function describeActions(workbench: () => Workbench): void {
  const page = () => workbench().webview();
  const key = (name: string) => workbench().page.keyboard.press(name);

  it("keep the keyboard's place when others take theirs", async () => {
    await workbench().command("View: Close All Editors");
    await workbench().openView();
    const tab = workbench().page.locator(".tab", { hasText: "extract" });
    await workbench().inlineAction(workbench().treeRow("extract").first(), "Open Dashboard", tab);
    const actions = page().getByRole("group", { name: "What can be done now" });
    const retry = actions.getByRole("button", { name: "Retry 1 Failed…" });
    await retry.focus();
    await key("Enter");
    await workbench().dialogAction("Retry 1 failed item of extract?", "Retry");
    // The run has its own button, and its end brings this one back: a third attempt was made.
    await page().locator(".failures td.attempt", { hasText: "3" }).waitFor();
    await retry.waitFor();
    await page().locator(".actions:focus").waitFor();
  });
}
