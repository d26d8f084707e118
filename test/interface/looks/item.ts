import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cliPath } from "../../support/cli.js";
import type { Workbench } from "../page.js";
import { screenshotsInThemes } from "../themes.js";
import { faultsWithin } from "./axe.js";

/** An item that fails after its steps, each time it is tried, and one that gives a result of all kinds of JSON. */
const jobFile = `
export default {
  items: [{ id: "doc-01", pages: 3 }, { id: "doc-02", pages: 12 }],
  retry: false,
  async process({ id, pages }, ctx) {
    const outline = await ctx.step("outline", pages, async () => ({ title: "Outline of " + id, parts: [1, 2.5, null, true] }));
    ctx.log("wrote an outline of " + outline.parts.length + " parts");
    ctx.usage({ inputTokens: 812, outputTokens: 96, usd: 0.0012, model: "model-a" });
    if (pages < 4) throw new RangeError('The reply is no JSON: "Sure! Here is the summary you asked for…"');
    return { title: outline.title, pages, isLong: true, rest: null, notes: ["first", "second"] };
  },
};
`;

/** A job whose failed item was tried twice, with what a document of an item can show. */
export function makeExtract(folder: string): void {
  writeFileSync(join(folder, "extract.job.mjs"), jobFile);
  for (const command of ["run", "retry"]) {
    try {
      execFileSync(process.execPath, [cliPath, command, join(folder, "extract.job.mjs")], {
        stdio: "ignore",
      });
    } catch {
      // An item failed, as it is to.
    }
  }
}

/** An item's document, as a person reads it in each theme. */
export function describeItem(workbench: () => Workbench): void {
  const text = () => workbench().editor.lines();
  /** Its text, whose colours are chosen by our grammar. The colour of a lens is VS Code's, for all extensions. */
  const ours = ".editor-group-container.active .monaco-editor .view-lines";

  /** Done items are found once a part of their ids is typed. */
  async function find(item: string): Promise<void> {
    await workbench().openView();
    await workbench().treeRow("extract").first().waitFor();
    await workbench().command("Agent Jobs: Find Item…");
    await workbench().pick("extract");
    await workbench().quickInput().fill(item);
    await workbench().pick(item);
    await workbench().editor.tab(`${item} of extract`).waitFor();
    await text().getByText("Attempts", { exact: true }).waitFor();
  }

  for (const [item, sees] of [
    ["doc-01", "The reply is no JSON"],
    ["doc-02", "isLong"],
  ] as const)
    it(`is read in each theme, and Axe finds nothing serious in its text: ${item}`, async () => {
      await find(item);
      await text().getByText(sees).first().waitFor();
      await workbench().editor.codeLens("Checkpoint").first().waitFor();
      await screenshotsInThemes(
        workbench(),
        `item-${item}`,
        async (theme) => assert.deepEqual(await faultsWithin(workbench().page, ours), [], theme),
        ["contrast", "light", "dark"],
      );
    });
}
