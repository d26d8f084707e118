import assert from "node:assert/strict";
import { isOfEarlierBoot } from "../../../src/runtime/store/lockFile.js";
import { silenceOf } from "../../../src/runtime/store/lockSilence.js";

describe("the silence of a lock's owner", () => {
  let path = "";
  let paths = 0;
  const nowMs = Date.now();
  beforeEach(() => {
    path = `/no/such/${paths++}.lock`;
  });
  const look = (renewedAtMs: number, atMs: number, isHere = true) =>
    silenceOf(path, "token", renewedAtMs, isHere, atMs);

  it("is told by the lock's time at first sight, and by what was seen of it after that", () => {
    assert.deepEqual(look(nowMs - 91_000, 0), { isSilent: true, isRenewing: false });
    assert.deepEqual(look(nowMs - 86_000, 1_000), { isSilent: false, isRenewing: true });
    for (let atMs = 11_000; atMs <= 91_000; atMs += 10_000)
      assert.deepEqual(look(nowMs - 86_000, atMs), { isSilent: false, isRenewing: false });
    assert.deepEqual(look(nowMs - 86_000, 92_000), { isSilent: true, isRenewing: false });
  });

  it("begins anew where this machine slept, and its owner with it; one of another machine did not sleep", () => {
    for (const isHere of [true, false]) {
      look(nowMs - 5_000, 0, isHere);
      look(nowMs, 1_000, isHere);
      const hoursLaterMs = 8 * 3_600_000;
      assert.deepEqual(look(nowMs, hoursLaterMs, isHere), { isSilent: !isHere, isRenewing: false });
      assert.equal(look(nowMs, hoursLaterMs + 50_000, isHere).isSilent, !isHere);
      assert.equal(look(nowMs, hoursLaterMs + 91_000, isHere).isSilent, true);
      path = `${path}.2`;
    }
  });
});

describe("a lock where the system tells no boot id", () => {
  it("is of an earlier boot where it was last renewed before the machine was started", () => {
    assert.equal(isOfEarlierBoot(null, null, 999, 1_000), true);
    assert.equal(isOfEarlierBoot(null, null, 1_001, 1_000), false);
    assert.equal(isOfEarlierBoot("a", "b", 1_001, 1_000), true);
    assert.equal(isOfEarlierBoot("a", "a", 999, 1_000), false);
  });
});
