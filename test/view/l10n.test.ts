import assert from "node:assert/strict";
import { speakEnglish, t, tCount, translateWith } from "../../src/view/l10n.js";
import { counted, durationText, plural } from "../../src/view/text.js";
import { bareWords, inPseudo } from "./pseudoLanguage.js";

/** A translation as the editor has one: a message that is missing is given as it is. */
function speak(messages: Record<string, string>, language: string): void {
  translateWith((message, ...args) => {
    const found = messages[message] ?? message;
    return args.length === 0
      ? found
      : found.replace(/{(\d+)}/g, (all, name) => String(args[Number(name)] ?? all));
  }, language);
}

describe("messages of the views", () => {
  afterEach(speakEnglish);

  it("are English with their arguments where nobody translates", () => {
    assert.equal(t("{0} of {1} at a time", 8, "32"), "8 of 32 at a time");
    assert.equal(t("{0} done"), "{0} done");
    assert.equal(t("{0}, {1}", "a"), "a, {1}");
  });

  it("take what an argument holds as it is, placeholders and patterns as well", () => {
    assert.equal(t("{0}: {1}", "{1} $& $1", "{0}"), "{1} $& $1: {0}");
  });

  it("are those of a translation from then on", () => {
    speak({ "{0} of {1} spent": "{1}, davon {0} ausgegeben", "{0} min": "{0} Min." }, "de");
    assert.equal(t("{0} of {1} spent", "$1", "$9"), "$9, davon $1 ausgegeben");
    assert.equal(durationText(240_000), "4 Min.");
  });

  it("count by the plural rules of the language", () => {
    assert.deepEqual(
      [0, 1, 2, 1_200].map((n) => plural(n, "item")),
      ["0 items", "1 item", "2 items", "1,200 items"],
    );
    speak({ "{0} item": "{0} élément", "{0} items": "{0} éléments" }, "fr");
    assert.deepEqual(
      [0, 1, 2].map((n) => plural(n, "item")),
      ["0 élément", "1 élément", "2 éléments"],
    );
  });

  it("have as many forms as the language has, and the general one where a form is missing", () => {
    const polish = {
      ...{ "{0} item": "{0} element", "{0} items": "{0} elementu" },
      ...{ "{0} items/few": "{0} elementy", "{0} items/many": "{0} elementów" },
    };
    speak(polish, "pl");
    assert.deepEqual(
      [1, 3, 5, 1.5].map((n) => tCount(n, "{0} item", "{0} items", n)),
      ["1 element", "3 elementy", "5 elementów", "1.5 elementu"],
    );
    speak({ "{0} row": "{0} wiersz", "{0} rows": "{0} wierszy" }, "pl");
    assert.deepEqual(
      [3, 3].map((n) => plural(n, "row")),
      ["3 wierszy", "3 wierszy"],
    );
  });

  it("name a count first and other things behind it", () => {
    const text = (n: number) => counted(n, "{1}: {0} line gone", "{1}: {0} lines gone", "a.jsonl");
    assert.deepEqual([text(1), text(2_000)], ["a.jsonl: 1 line gone", "a.jsonl: 2,000 lines gone"]);
  });

  it("in a made-up language show words that nobody translated", () => {
    const text = inPseudo(() => `nightly ${t("{0} done, {1}", 3, "left")} failed`);
    assert.deepEqual(bareWords(text, /nightly/g), ["left", "failed"]);
  });
});
