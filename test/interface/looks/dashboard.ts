import assert from "node:assert/strict";
import { setTimeout as passed } from "node:timers/promises";
import type { Locator, Route } from "playwright-core";
import type { Workbench } from "../page.js";
import { pageClass, screenshotsInThemes } from "../themes.js";
import { seriousFaults } from "./axe.js";

/** The dashboard as a person sees it, hears it, and goes through it without a mouse. */
export function describeDashboard(workbench: () => Workbench): void {
  const page = () => workbench().webview();
  const chart = (title: string): Locator => page().getByRole("region", { name: title, exact: true });
  const plot = (title: string): Locator => chart(title).getByRole("application");
  const heard = (): Locator => page().locator("[aria-live=polite].unseen");
  const rows = (): Locator => page().locator(".failures tbody tr");
  const key = (name: string) => workbench().page.keyboard.press(name);
  const focused = (): Locator => page().locator(":focus");

  const openFromRow = async () => {
    const row = workbench().treeRow("nightly").first();
    await row.waitFor();
    const tab = workbench().page.locator(".tab", { hasText: "nightly" });
    await workbench().inlineAction(row, "Open Dashboard", tab);
  };

  it("opens from the job's row, with its charts and its failures", async () => {
    await workbench().openView();
    await openFromRow();
    await page().getByRole("heading", { level: 1, name: "nightly" }).waitFor();
    for (const title of ["Items over time", "Time an item took", "Time left, as estimated", "Cost so far"])
      await chart(title).locator(".picture svg").waitFor();
    await chart("Items over time").getByText("9 h idle").waitFor();
    await chart("Cost so far").getByText("of $12.00").waitFor();
    await rows().first().waitFor();
  });

  it("is seen in each theme, and Axe finds nothing serious in any", async () => {
    // The tip of the button that opened it would lie over it.
    await workbench().page.mouse.move(200, 700);
    await screenshotsInThemes(
      workbench(),
      "dashboard",
      async (theme) => {
        await page()
          .locator(`body.${pageClass(theme)}`)
          .waitFor();
        assert.deepEqual(await seriousFaults(page()), [], theme);
      },
      ["contrast", "light", "dark"],
    );
  });

  it("fits a narrow group of editors", async () => {
    await workbench().page.setViewportSize({ width: 760, height: 900 });
    await plot("Items over time").hover({ position: { x: 120, y: 60 } });
    await chart("Items over time").locator(".tip").waitFor();
    const wider = await page()
      .locator("html")
      .evaluate((html) => html.scrollWidth - html.clientWidth);
    assert.equal(wider, 0);
    await workbench().screenshot("dashboard-narrow");
    await workbench().page.setViewportSize({ width: 1280, height: 800 });
  });

  it("tells the values of a chart to the arrow keys, and all of them as a table", async () => {
    await chart("Items over time").getByRole("button", { name: "Show as Table" }).focus();
    await key("Tab");
    await plot("Items over time").and(focused()).waitFor();
    await key("ArrowRight");
    const first = await heard().textContent();
    assert.match(first ?? "", /\d\d:\d\d.* · \d+ done \(.+\)/);
    await key("End");
    assert.notEqual(await heard().textContent(), first);
    await key("Shift+Tab");
    await key("Enter");
    const cells = chart("Items over time").getByRole("row");
    await cells.first().waitFor();
    assert.match((await cells.nth(1).textContent()) ?? "", /^\d+ \w+ \d\d:\d\d/);
    await key("Enter");
    await cells.first().waitFor({ state: "hidden" });
  });

  it("is filtered and sorted, and its rows are chosen, by keys alone", async () => {
    await page().getByRole("searchbox").focus();
    await workbench().page.keyboard.type("rate-limit");
    await page().getByRole("status").filter({ hasText: "match" }).waitFor();
    const matching = await rows().count();
    assert.equal(await rows().filter({ hasText: "rate-limit" }).count(), matching);
    await page().getByRole("button", { name: "Item", exact: true }).focus();
    await key("Enter");
    await page().locator("th[aria-sort=ascending]", { hasText: "Item" }).waitFor();
    await rows().first().getByRole("button").focus();
    await key("Space");
    await key("ArrowDown");
    await key("Space");
    assert.match((await heard().textContent()) ?? "", /^2 chosen/);
    await page().getByRole("button", { name: "Retry 2 Chosen…" }).waitFor();
    await workbench().screenshot("dashboard-chosen");
  });

  it("opens a failed item, and is as it was when it is shown again", async () => {
    const placeOf = async () => (await page().getByRole("searchbox").boundingBox())!.y;
    const place = await placeOf();
    const id = (await rows().nth(1).getByRole("button").textContent()) ?? "";
    await rows().nth(1).getByRole("button").focus();
    await key("Enter");
    await workbench().editor.tab(new RegExp(id)).waitFor();
    await workbench()
      .page.locator(".tab", { hasText: /^nightly$/ })
      .click();
    await rows().first().waitFor();
    assert.equal(await page().getByRole("searchbox").inputValue(), "rate-limit");
    await page().locator("th[aria-sort=ascending]", { hasText: "Item" }).waitFor();
    await page().getByRole("button", { name: "Retry 2 Chosen…" }).waitFor();
    // It is scrolled to where it was once its charts are there again.
    await page().locator(".chart-tokens svg").first().waitFor();
    assert.ok(Math.abs((await placeOf()) - place) <= 2, `${await placeOf()} instead of ${place}`);
  });

  it("leads from the count of failures to their table", async () => {
    await page().getByRole("button", { name: "7", exact: true }).focus();
    await key("Enter");
    await page().locator("input[type=search]:focus").waitFor();
  });

  it("asks over a plan before it tries the chosen items again", async () => {
    await rows().first().getByRole("button").focus();
    await key("Space");
    await page().getByRole("button", { name: "Retry 1 Chosen…" }).focus();
    await key("Enter");
    await workbench().dialog("Retry 1 failed item of nightly?").waitFor();
    await workbench().screenshot("dashboard-retry");
    await workbench().dialogAction("Retry 1 failed item of nightly?", "Cancel");
  });

  it("offers at its top what can be done now, and asks about it as the job's row does", async () => {
    await page().getByRole("group", { name: "What can be done now" }).waitFor();
    await page().getByRole("button", { name: "Retry 7 Failed…" }).focus();
    await key("Enter");
    await workbench().quickRows().filter({ hasText: "rate-limit" }).first().waitFor();
    assert.ok((await workbench().quickRows().count()) > 1);
    await key("Escape");
    await workbench().quickInput().waitFor({ state: "hidden" });
  });

  it("is there again after a reload of the window", async () => {
    // What was chosen on the page is VS Code's to keep: in a browser it writes that down about once a minute.
    await workbench().reload();
    await page().getByRole("heading", { level: 1, name: "nightly" }).waitFor();
    await rows().first().waitFor();
    await chart("Time left, as estimated").locator(".picture svg").waitFor();
  });

  it("has its head also where the page began so late that what it was given is old", async () => {
    const { page: window, editor } = workbench();
    await workbench().command("View: Close All Editors");
    await editor.tab(/^nightly$/).waitFor({ state: "detached" });
    const slowly = async (route: Route) => {
      await passed(3_000);
      await route.fallback();
    };
    await window.route(/\/webview\/.*\/index/, slowly);
    await openFromRow();
    await page().getByRole("heading", { level: 1, name: "nightly" }).waitFor();
    await rows().first().waitFor();
    await window.unroute(/\/webview\/.*\/index/);
  });
}
