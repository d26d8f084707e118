import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { canonicalJson, contentHash, operationId } from "../../src/runtime/session/operationCache.js";
import { anyText } from "../support/anyText.js";
import { hasPython, python, pythonEnv } from "../support/pythonProgram.js";

const program = `
import json, sys
import agent_jobs
told = [{"canonical": agent_jobs._canonical(value), "hash": agent_jobs._content_hash(value),
         "op": agent_jobs._sha256(agent_jobs._canonical(["step", value])),
         "key": agent_jobs._key_of(value) if isinstance(value, (str, int)) else None}
        for value in json.load(sys.stdin)]
sys.stdout.write(json.dumps(told))
`;

describe("Python's helper and the runtime", () => {
  it("give the same JSON the same hash, the same step the same id, the same item the same key", function () {
    if (!hasPython()) return this.skip();
    const numbers = [
      0,
      -0,
      1e21,
      1e-7,
      123456789012345680000,
      0.1,
      -1.5e300,
      5e-324,
      1e16,
      100,
      1.0,
      2 ** 53 - 1,
    ];
    const values: unknown[] = [
      ...numbers,
      ...fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 200),
      ...fc.sample(anyText(), 100),
      ...fc.sample(fc.jsonValue(), 300),
      { "\u20ac": 1, "\r": 2, "\u{1f600}": 3, "\ufb33": 4, 1: 5, "\u0080": 6 },
    ];
    const input = JSON.stringify(values);
    const told = JSON.parse(
      execFileSync(python, ["-c", program], { input, env: pythonEnv(), encoding: "utf8" }),
    ) as { canonical: string; hash: string; op: string; key: string | null }[];
    for (const [i, value] of (JSON.parse(input) as unknown[]).entries()) {
      const { canonical, hash, op, key } = told[i]!;
      assert.equal(canonical, canonicalJson(value));
      assert.equal(hash, contentHash(value));
      assert.equal(op, operationId("step", value));
      if (typeof value === "string") assert.equal(key, keyOf(value));
    }
  });
});
