import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Workbench } from "./page.js";

/** Names of themes, the window's class in each, and that of a webview's body. */
const themes = {
  contrast: { name: "Default High Contrast", window: "hc-black", page: "vscode-high-contrast" },
  light: { name: "Default Light Modern", window: "vs", page: "vscode-light" },
  dark: { name: "Default Dark Modern", window: "vs-dark", page: "vscode-dark" },
};
export type Theme = keyof typeof themes;

/** The class that a webview's body has in a theme. */
export const pageClass = (theme: Theme): string => themes[theme].page;

/**
 * Leaves out/screenshots/NAME-dark.png and NAME-light.png of one window; the dark theme stays.
 * @param show makes what a change of the theme closes, before each picture
 */
export async function screenshotsInThemes(
  workbench: Workbench,
  name: string,
  show: (theme: Theme) => Promise<void> = async () => {},
  which: readonly Theme[] = ["light", "dark"],
): Promise<void> {
  mkdirSync(join(workbench.folder, ".vscode"), { recursive: true });
  for (const each of which) {
    const settings = JSON.stringify({ "workbench.colorTheme": themes[each].name });
    writeFileSync(join(workbench.folder, ".vscode/settings.json"), settings);
    await workbench.page.locator(`.monaco-workbench.${themes[each].window}`).waitFor();
    await show(each);
    await workbench.screenshot(`${name}-${each}`);
  }
}
