import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundleText, messagesIn } from "../setup/messages.mjs";
import { root } from "../setup/root.js";

describe("the messages for translators", () => {
  it("are those of the sources: npm run l10n gathers them again", () => {
    assert.equal(readFileSync(join(root, "l10n/bundle.l10n.json"), "utf8"), bundleText(root));
  });

  it("are found in each way in which they are said", () => {
    const source = `
      t("One, {0}", a(b, "no"));
      vscode.l10n.t(
        "Two" + " in parts",
        vscode.l10n.t('It says "so"'),
      );
      f(isOne ? t("Three") : x.t("no"), vscode.l10n.t(list.length === 1 ? "Four: {0}" : "Fours: {0}", 4));
      plural(list(1, 2).length, "item") + plural(n, "item is", "items are");
      counted(n, "{0} line of {1}", "{0} lines of {1}", t("a \\\\ \`path\`"));
      // t("no")
    `;
    assert.deepEqual(messagesIn(source, "src/view/a.ts"), [
      ...["One, {0}", "Two in parts", 'It says "so"', "Three", "Four: {0}", "Fours: {0}"],
      ...["{0} item", "{0} items", "{0} item is", "{0} items are"],
      ...["{0} line of {1}", "{0} lines of {1}", "a \\ `path`"],
    ]);
  });

  it("are written out where they are said, or no translator sees them", () => {
    for (const source of ["t(message)", "vscode.l10n.t(`${name} failed`)", "plural(n, noun)"])
      assert.throws(
        () => messagesIn(source, "src/view/a.ts"),
        /src\/view\/a\.ts: the message of .* is not written out/,
      );
  });
});
