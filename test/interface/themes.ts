import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Workbench } from "./page.js";

const themes = { dark: "Default Dark Modern", light: "Default Light Modern" };

/**
 * Leaves out/screenshots/NAME-dark.png and NAME-light.png of one window; the dark theme stays.
 * @param show makes what a change of the theme closes
 */
export async function screenshotsInThemes(
  workbench: Workbench,
  name: string,
  show: () => Promise<void> = async () => {},
): Promise<void> {
  mkdirSync(join(workbench.folder, ".vscode"), { recursive: true });
  for (const each of ["light", "dark"] as const) {
    const settings = JSON.stringify({ "workbench.colorTheme": themes[each] });
    writeFileSync(join(workbench.folder, ".vscode/settings.json"), settings);
    const kind = each === "dark" ? "vs-dark" : "vs";
    await workbench.page.locator(`.monaco-workbench.${kind}`).waitFor();
    await show();
    await workbench.screenshot(`${name}-${each}`);
  }
}
