// A text editor as a person uses it. What a file holds is better read from disk, after save().
import type { Locator, Page } from "playwright-core";

export class Editor {
  constructor(private readonly page: Page) {}

  /** Opens a file of the folder by its path in it, through Go to File, and waits for its tab. */
  async open(path: string): Promise<void> {
    await this.page.keyboard.press("Control+p");
    const input = this.page.locator(".quick-input-widget input[type=text]");
    await input.fill(path);
    const name = path.split("/").at(-1) ?? path;
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().click();
    await this.tab(name).waitFor();
    await this.lines().first().waitFor();
  }

  tab(name: string | RegExp): Locator {
    return this.page.locator(".editor-group-container .tab", { hasText: name });
  }

  /** The lines that are on the screen, not all there are. */
  lines(): Locator {
    return this.active().locator(".view-line");
  }

  /** What the editor underlines as an error or a warning. */
  squiggles(): Locator {
    return this.active().locator(".squiggly-error, .squiggly-warning, .squiggly-info");
  }

  codeLens(text: string | RegExp): Locator {
    return this.active().locator(".codelens-decoration a", { hasText: text });
  }

  /** Puts the cursor at a line and column, both from 1. */
  async goTo(line: number, column = 1): Promise<void> {
    await this.page.keyboard.press("Control+g");
    const input = this.page.locator(".quick-input-widget input[type=text]");
    await input.fill(`:${line}:${column}`);
    await input.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  /** Types at the cursor. Nothing is completed or closed by itself where the language has no such thing. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.insertText(text);
    await this.changed();
  }

  /** Selects from the cursor to the end of its line and deletes that. */
  async deleteToLineEnd(): Promise<void> {
    await this.page.keyboard.press("Shift+End");
    await this.page.keyboard.press("Delete");
    await this.changed();
  }

  /** Saves, and waits until the tab is no longer marked as changed. */
  async save(): Promise<void> {
    await this.page.keyboard.press("Control+s");
    await this.page.locator(".editor-group-container.active .tab.active:not(.dirty)").waitFor();
  }

  /**
   * Opens the list of quick fixes at the cursor, and gives its rows. The list closes where something takes the focus, and
   * does not open before the diagnostics are there: whoever looks asks again.
   */
  async quickFixes(): Promise<Locator> {
    const rows = this.page.locator(".action-widget .monaco-list-row");
    for (let tries = 1; ; tries++) {
      await this.page.keyboard.press("Control+.");
      const shown = rows.first().waitFor({ timeout: tries === 3 ? 30_000 : 5_000 });
      if (tries === 3) await shown;
      const isShown = await shown.then(
        () => true,
        () => false,
      );
      if (isShown) return rows;
      await this.page.keyboard.press("Control+1"); // the focus back to the editor, the cursor where it was
    }
  }

  /** Applies a quick fix by its title, at the cursor. Where it edits, await changed() before save(). */
  async quickFix(title: string | RegExp): Promise<void> {
    await this.quickFixes();
    await this.page.locator(".action-widget .monaco-list-row", { hasText: title }).first().click();
    await this.page.locator(".action-widget .monaco-list-row").first().waitFor({ state: "detached" });
  }

  /** Waits until the tab shows that its file was changed, which is a moment late: a save could come before that. */
  async changed(): Promise<void> {
    await this.page.locator(".editor-group-container.active .tab.active.dirty").waitFor();
  }

  private active(): Locator {
    return this.page
      .locator(
        ".editor-group-container.active .monaco-editor[role=code], .editor-group-container.active .editor-instance",
      )
      .first();
  }
}
