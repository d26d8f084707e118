import assert from "node:assert/strict";
import { Lexer, marked } from "marked";
import { safeJson } from "../../src/runtime/safeText.js";
import { failureGroups } from "../../src/view/failures.js";
import { jobDetails, jobRow, stoppingText } from "../../src/view/jobRow.js";
import { lossText } from "../../src/view/lossText.js";
import { statusBar } from "../../src/view/statusBar.js";
import { statusJson } from "../../src/view/statusJson.js";
import { labelText, markdownText, safeLines, safeText, shortText } from "../../src/view/text.js";
import { assertLinear } from "../support/growth.js";
import { hostileTexts, markupTexts, plainTexts, unseen } from "../support/hostile.js";
import { sampleView } from "./sample.js";

/** All that views make of a job whose every text is the given one. */
function shownOf(text: string): string[] {
  const failed = { [text]: [text, `${text} ${text}`] };
  const view = sampleView({ name: text, label: text, done: 1, failed, begun: 1, live: true });
  const stopping = sampleView({ name: text, done: 1, begun: 1, live: true, stopping: true });
  const unreadable = sampleView({ name: text, readError: text });
  const rows = [view, stopping, unreadable].map((each) => jobRow(text, each));
  return [
    ...rows.flatMap((row) => [row.title, row.description, row.accessibleLabel]),
    ...[jobRow(text, null).title, ...jobDetails(text, null)],
    ...[view, stopping, unreadable].flatMap((each) => jobDetails(text, each)),
    ...[view, stopping].flatMap((each) => [statusBar([each])!.text, statusBar([each])!.accessibleLabel]),
    ...[stoppingText(stopping), lossText(view)],
    ...failureGroups(view).flatMap(({ items }) =>
      items.flatMap(({ id, failure }) => [shortText(id, 60), shortText(failure.message, 200)]),
    ),
    ...[labelText(text), ...markdownText([text, text]).split("\n\n"), ...safeLines(text)],
  ];
}

describe("hostile text", () => {
  it("is there in numbers", () => {
    assert.ok(hostileTexts.length >= 100 && markupTexts.length >= 50);
  });

  for (const { kind, text } of hostileTexts)
    it(`acts on nothing and hides nothing: ${kind}`, () => {
      for (const shown of [...shownOf(text), safeText(text)])
        assert.equal(unseen(shown), undefined, JSON.stringify(shown));
      assert.equal(safeText(safeText(text)), safeText(text), "twice changes nothing more");
      const letters = (of: string) => of.replace(/[^a-zA-Z0-9]/g, "").length;
      assert.ok(letters(safeText(text)) >= letters(text), "no letter is lost");
    });

  for (const { kind, text } of hostileTexts)
    it(`stays what it is in JSON, and is seen there: ${kind}`, () => {
      const json = safeJson(JSON.stringify({ [text]: [text], view: statusJson(sampleView({ name: text })) }));
      assert.equal(unseen(json), undefined, json);
      const parsed = JSON.parse(json) as Record<string, unknown>;
      assert.deepEqual(parsed[text], [text]);
      assert.equal((parsed.view as { job: string }).job, text);
    });

  for (const text of plainTexts)
    it(`is no text of any script, nor whole emoji: ${text}`, () => {
      assert.equal(safeText(text), text);
      assert.equal(sampleView({ name: text }).name, text);
      assert.ok(jobRow(text, null).title.includes(text));
      assert.equal(JSON.parse(safeJson(JSON.stringify(text))), text);
    });

  for (const { text } of hostileTexts.filter((_, i) => i % 20 === 0))
    it(`takes time in step with its length: ${JSON.stringify(text)}`, () =>
      assertLinear((length) => {
        const long = text.repeat(Math.ceil(length / text.length));
        safeText(long);
        shortText(long, 200);
      }, 12_500));
});

describe("markup in ids and messages", () => {
  for (const text of markupTexts)
    it(`is text in a tooltip: ${JSON.stringify(text)}`, () => {
      const html = marked.parse(markdownText([text, "next"]), { gfm: true, async: false });
      assert.deepEqual(new Set(html.match(/<[^>]*>/g)), new Set(["<p>", "</p>"]), html);
      const [paragraph] = new Lexer().lex(markdownText([text]));
      assert.ok(paragraph === undefined || paragraph.type === "paragraph");
      const tokens = paragraph && "tokens" in paragraph ? (paragraph.tokens ?? []) : [];
      assert.ok(tokens.every(({ type }) => type === "text" || type === "escape"));
      const read = tokens.map((token) => ("text" in token ? String(token.text) : "")).join("");
      assert.equal(read, safeText(text).trim());
    });

  for (const text of markupTexts)
    it(`is text in a label or a notification: ${JSON.stringify(text)}`, () => {
      // What VS Code takes for an icon, and for a link.
      assert.doesNotMatch(labelText(text), /\$\([a-z0-9-]+(?:~[a-z0-9-]+)?\)/i);
      assert.doesNotMatch(labelText(text), /\[[^\]]+\]\((?:https?:\/\/|command:|file:)[^)\s]+/);
      const bar = statusBar([sampleView({ name: text, done: 1, live: true })])!.text;
      assert.doesNotMatch(bar, /\$\([a-z0-9-]+(?:~[a-z0-9-]+)?\)/i);
    });
});
