import assert from "node:assert/strict";
import type { WritableRecord } from "../../../src/runtime/format/record.js";
import { mixedLog } from "../../support/mixedLog.js";
import { randomSource } from "../../support/random.js";
import { encodeAll, scanBytes } from "../../support/scan.js";

const log = JSON.parse(JSON.stringify(mixedLog(40))) as WritableRecord[];
const bytes = encodeAll(log);
const ends = [...bytes.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at);
/** The same text for the same record, whatever the order of its members. */
const textOf = (record: object) =>
  JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
const written = new Set(log.map(textOf));

/** Records that were read though nobody wrote them, and those whose lines were not touched but are missing. */
function compare(damaged: Buffer, from: number, to: number): { wrong: number; lost: number } {
  const read = scanBytes(damaged).records.map(({ record }) => textOf(record));
  const found = new Set(read);
  let lost = 0;
  log.forEach((record, i) => {
    const begin = i === 0 ? 0 : ends[i - 1]! + 1;
    const isTouched = from < ends[i]! && to > begin;
    if (!isTouched && !found.has(textOf(record))) lost++;
  });
  return { wrong: read.filter((record) => !written.has(record)).length, lost };
}

describe("a checksummed log", () => {
  it("gives no wrong record and loses no other one when any bit is flipped", () => {
    const random = randomSource(1);
    for (let n = 0; n < 5000; n++) {
      const bit = random((bytes.length - 1) * 8); // what has lost its last newline is a torn tail
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      assert.deepEqual(compare(damaged, bit >> 3, (bit >> 3) + 1), { wrong: 0, lost: 0 }, `bit ${bit}`);
    }
  }).timeout(60_000);

  it("gives no wrong record and loses no untouched one when a range is overwritten", () => {
    const random = randomSource(2);
    for (let n = 0; n < 500; n++) {
      const from = random(bytes.length - 1);
      const to = Math.min(bytes.length - 1, from + 1 + random(512));
      const damaged = Buffer.from(bytes);
      for (let at = from; at < to; at++) damaged[at] = random(256);
      assert.deepEqual(compare(damaged, from, to), { wrong: 0, lost: 0 }, `${from} to ${to}`);
    }
  });
});
