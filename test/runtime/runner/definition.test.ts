import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkDefinition } from "../../../src/runtime/runner/definition.js";
import { root } from "../../setup/root.js";

const maxMs = 2 ** 31 - 1;
const check = (members: object) =>
  checkDefinition({ items: ["a"], process: () => 1, ...members }, "x.job.ts");

/** The pattern that editors hold the share of a JSON job against. */
function sharePattern(): RegExp {
  const { properties } = JSON.parse(readFileSync(join(root, "media/job.schema.json"), "utf8"));
  return new RegExp(properties.maxFailures.oneOf[1].pattern);
}

describe("a job's share of failures", () => {
  for (const share of ["0%", "7%", "12.5%", "100%", "100.0%"])
    it(`may be ${share}`, () => {
      assert.doesNotThrow(() => check({ maxFailures: share }));
      assert.match(share, sharePattern());
    });

  for (const share of ["101%", "100.5%", "250%", "-5%", "10", "ten%", ""])
    it(`is refused as ${JSON.stringify(share)}, saying where it is and what it may be`, () => {
      assert.throws(() => check({ maxFailures: share }), {
        code: "AJ_JOB",
        message: `x.job.ts: expected \`maxFailures\` to be an integer of at least 1, or a share of at most 100% such as "10%", got \`${JSON.stringify(share)}\`. Change it in the job file.`,
      });
      assert.doesNotMatch(share, sharePattern());
    });
});

describe("a job's times", () => {
  const times: [string, (ms: number) => object][] = [
    ["itemTimeoutMs", (ms) => ({ itemTimeoutMs: ms })],
    ["stopGraceMs", (ms) => ({ stopGraceMs: ms })],
    ["limits.windowMs", (ms) => ({ limits: { windowMs: ms } })],
    ["retry.baseDelayMs", (ms) => ({ retry: { baseDelayMs: ms } })],
    ["retry.maxDelayMs", (ms) => ({ retry: { maxDelayMs: ms } })],
  ];
  for (const [path, members] of times) {
    it(`may be as long as a timer of Node's: ${path}`, () => {
      assert.doesNotThrow(() => check(members(maxMs)));
    });

    it(`are refused above, where a timer would end at once: ${path}`, () => {
      assert.throws(() => check(members(maxMs + 1)), {
        code: "AJ_JOB",
        message: new RegExp(
          `^x\\.job\\.ts: expected \`${path}\` to be .*milliseconds.*, at most 2147483647 \\(24 days\\).*, got \`2147483648\`\\. Change it`,
        ),
      });
    });
  }

  it("may be endless for items in flight at a stop, and for no other", () => {
    for (const [path, members] of times)
      if (path === "stopGraceMs") assert.doesNotThrow(() => check(members(Number.POSITIVE_INFINITY)));
      else assert.throws(() => check(members(Number.POSITIVE_INFINITY)), /got `Infinity`/);
  });

  it("of a whole run may be longer, since no timer is that long", () => {
    assert.doesNotThrow(() => check({ deadlineMs: maxMs + 1 }));
  });
});
