import assert from "node:assert/strict";
import {
  bytesText,
  countText,
  durationText,
  percentText,
  plural,
  rangeText,
  safeText,
  shortText,
  timeText,
  usdText,
} from "../../src/view/text.js";

describe("text for people", () => {
  it("makes visible what would move a cursor, turn the direction or hide", () => {
    assert.equal(safeText("a\u001b[31mb"), "a\\u{1b}[31mb");
    assert.equal(safeText("\u202eevil\u200b"), "\\u{202e}evil\\u{200b}");
    assert.equal(safeText("two\nlines\tand a tab"), "two⏎lines and a tab");
    assert.equal(safeText("naïve ☃ 😀"), "naïve ☃ 😀");
    assert.equal(safeText("\ud800"), "\\u{d800}");
  });

  it("shortens by characters, not by halves of them", () => {
    assert.equal(shortText("😀😀😀", 3), "😀😀😀");
    assert.equal(shortText("😀😀😀😀", 3), "😀😀…");
    assert.equal(shortText("x".repeat(1_000_000), 10).length, 10);
  });

  it("gives durations in their natural unit", () => {
    const texts = [0, 850, 12_000, 89_000, 90_000, 4 * 60_000, 125 * 60_000, 120 * 60_000, 76 * 3_600_000];
    assert.deepEqual(texts.map(durationText), [
      ...["0 ms", "850 ms", "12 s", "89 s", "2 min", "4 min", "2 h 5 min", "2 h", "3 d 4 h"],
    ]);
  });

  it("gives a range once where both ends read the same, and one unit where they share it", () => {
    assert.equal(rangeText({ p50Ms: 720_000, p90Ms: 900_000 }), "12–15 min left");
    assert.equal(rangeText({ p50Ms: 720_000, p90Ms: 721_000 }), "12 min left");
    assert.equal(rangeText({ p50Ms: 60_000, p90Ms: 180_000 }), "60 s–3 min left");
    assert.equal(rangeText({ p50Ms: 5_400_000, p90Ms: 7_500_000 }), "1 h 30 min–2 h 5 min left");
  });

  it("never rounds up to all", () => {
    assert.equal(percentText(999_999, 1_000_000), "99%");
    assert.equal(percentText(0, 0), "100%");
  });

  it("writes counts and times as the languages' own formats do", () => {
    const counts = new Intl.NumberFormat("en-US");
    const times = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short" });
    for (let n = 0; n < 500; n++) {
      const count = Math.trunc((Math.random() - 0.5) * 10 ** (n % 16));
      assert.equal(countText(count), counts.format(count === 0 ? 0 : count));
      const ms = Date.UTC(2000, 0, 1) + n * 40_000_000_000 * Math.random();
      assert.equal(timeText(ms), times.format(ms));
    }
    assert.deepEqual([0.5, 1e21].map(countText), ["0.5", "1,000,000,000,000,000,000,000"]);
    for (const ms of [Date.UTC(400, 0, 2), -8.64e15, 8.64e15]) assert.equal(timeText(ms), times.format(ms));
  });

  it("counts, weighs and prices", () => {
    assert.equal(countText(1234567), "1,234,567");
    assert.deepEqual(
      [plural(1, "item"), plural(2, "item"), plural(0, "item")],
      ["1 item", "2 items", "0 items"],
    );
    assert.deepEqual([1, 999, 1_000, 34_500, 2.5e9].map(bytesText), [
      ...["1 byte", "999 bytes", "1.0 KB", "35 KB", "2.5 GB"],
    ]);
    assert.deepEqual([0, 0.0012, 0.1, 12.345].map(usdText), ["$0.00", "$0.0012", "$0.10", "$12.35"]);
    assert.equal(timeText(Date.UTC(2026, 10, 21, 4), "UTC"), "2026-11-21 04:00");
  });
});
