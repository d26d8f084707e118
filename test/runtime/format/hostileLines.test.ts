import assert from "node:assert/strict";
import type { CheckpointRecord } from "../../../src/runtime/format/record.js";
import { checksummed, scanBytes } from "../../support/scan.js";
import { type HostileLine, hostileLines } from "./hostileLines.js";

function bytesOf({ line }: HostileLine): Buffer {
  if (typeof line === "string" && line.startsWith("{{"))
    return checksummed(line.slice(2, line.lastIndexOf("}}")));
  return Buffer.concat([Buffer.from(line as string), Buffer.from("\n")]);
}

function named(record: CheckpointRecord): string {
  if (record.type === "done") return `done ${record.item}`;
  if (record.type === "snapshot") return ["snapshot", ...record.items].join(" ");
  return `record ${record.type}`;
}

describe("a hostile line", () => {
  for (const hostile of hostileLines)
    it(`${hostile.name}: ${hostile.verdict.slice(0, 60)}`, () => {
      const { records, summary } = scanBytes(bytesOf(hostile));
      const verdicts = [
        ...records.map(({ record }) => named(record)),
        ...summary.faults.map((f) => f.reason),
      ];
      assert.deepEqual(verdicts, hostile.verdict === "blank" ? [] : [hostile.verdict]);
    });

  it("does not change what the lines around it say", () => {
    const before = checksummed('{"id":"before","ts":1');
    const after = checksummed('{"id":"after","ts":1');
    for (const hostile of hostileLines) {
      if (hostile.verdict.startsWith("snapshot")) continue; // another format's file
      const { done } = scanBytes(Buffer.concat([before, bytesOf(hostile), after]));
      assert.ok(done.includes('"before"') && done.includes('"after"'), hostile.name);
    }
  });

  it("of 20 million quotes, braces or brackets is read in linear time", () => {
    for (const part of ['"\\', '{"', "[{", '{"a":"\\"', '"NaN'])
      assert.equal(scanBytes(`${part.repeat(4e6)}\n`).records.length, 0, part);
  }).timeout(10_000);
});
