// The workbench as a person uses it: by what is to be seen on it.
import { join } from "node:path";
import type { FrameLocator, Locator, Page } from "playwright-core";
import { root } from "../setup/root.js";
import { Editor } from "./editor.js";

const VIEW_TITLE = "Agent Jobs";
const PALETTE_MS = 3000;
const PALETTE_ATTEMPTS = 3;
const MENU_DEAF_MS = 150;
const MENU_CLOSES_MS = 1000;
const MENU_ATTEMPTS = 3;
const CLICK_ATTEMPTS = 3;
const CLICK_SHOWS_MS = 5_000;

export class Workbench {
  /** The text editor that has the focus. */
  readonly editor: Editor;

  constructor(
    /** Playwright's page, for whatever is not here. */
    readonly page: Page,
    /** The folder that is open: the copy, where one was asked for. */
    readonly folder: string,
    readonly close: () => Promise<void>,
    /** Ends VS Code's server and its process group at once. */
    readonly crashServer: () => Promise<void>,
  ) {
    this.editor = new Editor(page);
  }

  /** Waits until the workbench shows and its extensions have been started. */
  async ready(): Promise<void> {
    await this.page.locator(".monaco-workbench .statusbar-item").first().waitFor();
    // The status bar's remote entry says "Opening Remote…" until the extension host is there.
    await this.page.locator("#status\\.host", { hasNotText: "Opening" }).waitFor();
  }

  /**
   * Reloads the window, as Developer: Reload Window does.
   * @param meanwhile what happens between the old window's end and the new one's beginning
   */
  async reload(meanwhile?: () => Promise<void>): Promise<void> {
    if (meanwhile) {
      let happened: Promise<void> | undefined;
      await this.page.route("**/*", async (route) => {
        happened ??= meanwhile();
        await happened;
        await route.fallback();
      });
    }
    await this.page.reload();
    if (meanwhile) await this.page.unroute("**/*");
    await this.ready();
  }

  /** Runs a command from the palette by its whole title: "Agent Jobs: Resume". */
  async command(title: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.openPalette(title);
      // Enter would take whichever row is first just then.
      if (attempt === PALETTE_ATTEMPTS) return this.quickRow(title).click();
      try {
        return await this.quickRow(title).click({ timeout: PALETTE_MS });
      } catch {
        // What came to be enabled since the palette was opened is not in its list.
        await this.page.keyboard.press("Escape");
      }
    }
  }

  /** Whether the palette offers a command under this title now: a disabled one is not listed. */
  async hasCommand(title: string): Promise<boolean> {
    await this.openPalette(title);
    await this.quickRows().first().waitFor(); // "No matching commands" is a row, too
    const has = (await this.quickRow(title).count()) > 0;
    await this.page.keyboard.press("Escape");
    await this.quickInput().waitFor({ state: "hidden" });
    return has;
  }

  /** Something that takes the focus just then (a toast, an editor that opens) closes the palette again: once more. */
  private async openPalette(title: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.page.keyboard.press("F1");
      try {
        await this.quickInput().fill(`>${title}`, { timeout: PALETTE_MS });
        return;
      } catch (error) {
        if (attempt === PALETTE_ATTEMPTS) throw error;
      }
    }
  }

  /** The input of the palette, of a QuickPick or of an input box. */
  quickInput(): Locator {
    return this.page.locator(".quick-input-widget input[type=text]");
  }

  quickRows(): Locator {
    return this.page.locator(".quick-input-list .monaco-list-row");
  }

  /** A row of the palette or of a QuickPick, by its whole label. */
  quickRow(label: string): Locator {
    const exactly = this.page.locator(".label-name", {
      hasText: new RegExp(`^\\s*${literally(label)}\\s*$`),
    });
    return this.quickRows().filter({ has: exactly }).first();
  }

  /** Chooses a row of a QuickPick that is open or about to open. */
  async pick(label: string): Promise<void> {
    await this.quickRow(label).click();
  }

  /** Closes an editor that is shown over all others. */
  async closeModalEditor(): Promise<void> {
    await this.page
      .locator(".modal-editor-part .codicon-close, .monaco-modal-editor-block .codicon-close")
      .last()
      .click();
    await this.page.locator(".monaco-modal-editor-block").waitFor({ state: "detached" });
  }

  /** Answers an input box. */
  async answer(text: string): Promise<void> {
    await this.quickInput().fill(text);
    await this.quickInput().press("Enter");
  }

  /** Shows the view by its icon in the activity bar. */
  async openView(title: string = VIEW_TITLE): Promise<void> {
    await this.page.locator(".activitybar").getByRole("tab", { name: title }).click();
    await this.page
      .locator(".sidebar .composite.title", { hasText: new RegExp(literally(title), "i") })
      .waitFor();
  }

  /** The rows of the views in the side bar that hold this text. */
  treeRow(text: string | RegExp): Locator {
    return this.page.locator(".sidebar .pane-body .monaco-list-row", { hasText: text });
  }

  /** What the view shows instead of a tree: its welcome content. */
  welcome(): Locator {
    return this.page.locator(".sidebar .welcome-view-content");
  }

  async expand(row: Locator): Promise<void> {
    if ((await row.getAttribute("aria-expanded")) === "true") return;
    await row.locator(".monaco-tl-twistie").click();
    await row.and(this.page.locator("[aria-expanded=true]")).waitFor();
  }

  /**
   * An icon at the end of a row: it shows while the pointer is over the row. A row that is drawn anew under the pointer
   * loses the click; where it is known what the action shows, whoever sees nothing clicks again.
   */
  async inlineAction(row: Locator, label: string, shows?: Locator): Promise<void> {
    const click = async () => {
      await row.hover();
      await row.getByRole("button", { name: label }).click();
    };
    await (shows ? this.untilShown(click, shows) : click());
  }

  private async untilShown(click: () => Promise<void>, shows: Locator): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await click();
      if (attempt === CLICK_ATTEMPTS) return shows.waitFor();
      if (
        await shows.waitFor({ timeout: CLICK_SHOWS_MS }).then(
          () => true,
          () => false,
        )
      )
        return;
    }
  }

  /** Clicks an item of a row's context menu. */
  async contextMenu(row: Locator, item: string): Promise<void> {
    await this.openMenu(row);
    for (let attempt = 1; ; attempt++) {
      // A menu takes no button that is released within 100 ms of its opening.
      await this.menuItem(item).click({ delay: MENU_DEAF_MS });
      const closed = this.menu().waitFor({ state: "detached", timeout: MENU_CLOSES_MS });
      if (attempt === MENU_ATTEMPTS) return closed;
      if (
        await closed.then(
          () => true,
          () => false,
        )
      )
        return;
    }
  }

  /** The labels in a row's context menu; closes it again. */
  async contextMenuLabels(row: Locator): Promise<string[]> {
    // A menu may close by itself before it was read, where a message or a row that is drawn anew takes the focus.
    for (let tries = 1; ; tries++) {
      const labels = await this.openMenu(row);
      const texts = (await labels.allTextContents()).map((text) => text.trim()).filter(Boolean);
      if (texts.length === 0 && tries < 3) continue;
      await this.page.keyboard.press("Escape");
      await this.menu().waitFor({ state: "detached" });
      return texts;
    }
  }

  /** Shows a row's tooltip. One whose row is drawn again under the pointer shows none until the pointer comes once more. */
  async tooltip(row: Locator, text: string): Promise<void> {
    await this.untilShown(
      async () => {
        await this.page.mouse.move(1080, 400);
        await row.hover();
      },
      this.page.locator(".monaco-hover", { hasText: text }),
    );
  }

  private async openMenu(row: Locator): Promise<Locator> {
    const labels = this.menu().locator(".action-label:not(.separator)");
    await this.untilShown(() => row.click({ button: "right" }), labels.first());
    return labels;
  }

  private menu(): Locator {
    return this.page.locator(".monaco-menu");
  }

  private menuItem(label: string): Locator {
    return this.menu().getByRole("menuitem", { name: label, exact: true });
  }

  statusBar(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item[id$="agentJobs.running"]', { hasText: text });
  }

  /** A toast in the corner. */
  notification(text: string | RegExp): Locator {
    return this.page.locator(".notification-toast", { hasText: text });
  }

  async notificationAction(text: string | RegExp, button: string): Promise<void> {
    await this.notification(text).hover();
    await this.notification(text).getByRole("button", { name: button, exact: true }).click();
  }

  /** A modal dialog, such as the confirmation of Clear. */
  dialog(text: string | RegExp): Locator {
    return this.page.locator(".monaco-dialog-box", { hasText: text });
  }

  async dialogAction(text: string | RegExp, button: string): Promise<void> {
    await this.dialog(text).getByRole("button", { name: button, exact: true }).click();
  }

  /** The rows of the Problems panel; opens it. */
  async problems(): Promise<Locator> {
    const panel = this.page.locator(".markers-panel");
    if (!(await panel.isVisible())) await this.command("Problems: Focus on Problems View");
    await panel.waitFor();
    return panel.locator(".monaco-list-row");
  }

  /** What is inside the webview that shows. */
  webview(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  }

  /** Trusts the folder where VS Code asks whether to. */
  async grantTrust(): Promise<void> {
    await this.dialogAction(/trust the authors/, "Yes, I trust the authors");
  }

  /** Leaves out/screenshots/NAME.png and gives its path. */
  async screenshot(name: string): Promise<string> {
    const path = join(root, "out/screenshots", `${name}.png`);
    await this.page.screenshot({ path, animations: "disabled" }); // not in the middle of a toast sliding in
    return path;
  }
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
