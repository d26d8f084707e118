import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { checkDefinition } from "../../../src/runtime/runner/definition.js";
import { root } from "../../setup/root.js";
import { fits } from "../../support/jsonSchema.js";

interface Schema {
  properties: Record<
    string,
    { description?: string; examples?: unknown[]; default?: unknown; type?: string }
  >;
}
const schema: Schema = JSON.parse(readFileSync(join(root, "media/job.schema.json"), "utf8"));

/** Members that only a TypeScript or JavaScript job can have. */
const functions = ["process", "estimate", "classify", "stopWhen", "stages", "order"];

/** The members that a job may have, by what the check says of one that it does not know. */
function knownMembers(): string[] {
  try {
    checkDefinition({ noSuchMember: 1 }, "x.job.json");
  } catch (error) {
    return /Known are: ([^.]*)\./.exec((error as Error).message)![1]!.split(", ");
  }
  return assert.fail("an unknown member was taken");
}

describe("the schema of JSON jobs", () => {
  it("has the members that a job may have, and each is described", () => {
    const members = Object.keys(schema.properties).filter((name) => name !== "$schema");
    assert.deepEqual(
      members.sort(),
      knownMembers()
        .filter((name) => !functions.includes(name))
        .sort(),
    );
    for (const name of members) assert.ok(schema.properties[name]!.description, name);
  });

  it("gives defaults and examples that a job may have", () => {
    const worker = { worker: ["w"], items: ["a"], checkpoint: "c.jsonl" };
    const { worker: _, ...others } = worker;
    for (const [name, { examples = [], default: usual }] of Object.entries(schema.properties))
      for (const value of [...examples, ...(usual === undefined ? [] : [usual])])
        checkDefinition({ ...(name === "command" ? others : worker), [name]: value }, "x.job.json");
  });

  it("allows every member of the examples", () => {
    const jobs = globSync("examples/*/*.job.json", { cwd: root, absolute: true });
    assert.ok(jobs.length >= 3);
    for (const path of jobs)
      for (const name of Object.keys(JSON.parse(readFileSync(path, "utf8"))))
        assert.ok(name in schema.properties, `${path}: ${name}`);
  });

  it("says of every member below what it is, and of every choice what it does", () => {
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== "object" || schema === null) return;
      const { properties = {}, enum: choices, enumDescriptions } = schema as Record<string, unknown>;
      for (const [name, member] of Object.entries(properties as Record<string, Record<string, unknown>>))
        assert.ok(
          typeof member === "boolean" || member.description || member.$ref || path.endsWith("then"),
          `${path}.${name}`,
        );
      if (Array.isArray(choices))
        assert.equal((enumDescriptions as string[] | undefined)?.length, choices.length, path);
      for (const [name, part] of Object.entries(schema)) visit(part, `${path}.${name}`);
    };
    visit(schema, "job");
  });

  const worker = { worker: ["w"], items: ["a"] };
  const command = { command: ["c"], checkpoint: "c.jsonl" };
  /** What a job may be, and what it may not be. */
  const samples: [good: object[], bad: object[]][] = [
    [
      [
        worker,
        command,
        { ...worker, $schema: "x" },
        { ...worker, workers: 2 },
        { ...command, items: "a.csv" },
      ],
      [{}, { worker: ["w"] }, { command: ["c"] }, { ...worker, ...command }, { ...worker, nonsense: 1 }],
    ],
    [
      [
        { items: "docs/*.md" },
        { items: [1, "a", null, { id: 1 }] },
        { key: "id" },
        { params: null },
        { params: [1] },
      ],
      [{ items: "" }, { items: 3 }, { key: "" }, { key: 3 }],
    ],
    [
      [{ concurrency: 8 }, { workers: 1 }, { checkpoint: "a.jsonl" }, { envFile: ".env" }],
      [
        { concurrency: 0 },
        { concurrency: 1.5 },
        { workers: "2" },
        { checkpoint: "" },
        { envFile: "" },
        { worker: [] },
        { worker: [""] },
      ],
    ],
    [
      [
        { budget: { usd: 0 } },
        { budget: { usd: 20, tokens: 1e6 } },
        { prices: { m: { inputPerMillion: 1, outputPerMillion: 0 } } },
      ],
      [
        { budget: {} },
        { budget: { usd: -1 } },
        { budget: { eur: 1 } },
        { budget: 20 },
        { prices: { m: { inputPerMillion: -1, outputPerMillion: 0 } } },
        { prices: { m: { inputPerMillion: 1 } } },
        { prices: { m: 3 } },
      ],
    ],
    [
      [
        { limits: { requestsPerMinute: 1, tokensPerMinute: 1, windowMs: 5, adaptive: false } },
        { limits: {} },
      ],
      [
        { limits: { requestsPerMinute: 0 } },
        { limits: { adaptive: "no" } },
        { limits: { windowMs: 2 ** 31 } },
        { limits: { perSecond: 1 } },
      ],
    ],
    [
      [
        { retry: false },
        { retry: {} },
        { retry: { attempts: 3 } },
        { retry: { attempts: { "rate-limit": 2 }, baseDelayMs: 0.5, maxDelayMs: 0 } },
      ],
      [
        { retry: true },
        { retry: { attempts: 0 } },
        { retry: { attempts: { timeout: "2" } } },
        { retry: { baseDelayMs: -1 } },
        { retry: { tries: 2 } },
      ],
    ],
    [
      [
        { maxFailures: 1 },
        { maxFailures: "12.5%" },
        { deadlineMs: 2 ** 40 },
        { itemTimeoutMs: 1 },
        { stopGraceMs: 0 },
      ],
      [
        { maxFailures: 0 },
        { maxFailures: "101%" },
        { maxFailures: "ten" },
        { deadlineMs: 0 },
        { itemTimeoutMs: 2 ** 31 },
        { stopGraceMs: -1 },
      ],
    ],
    [
      [
        { onSuccess: "keep" },
        { onSuccess: "clear" },
        { onSuccess: { export: "a.JSONL", clear: true } },
        { onSuccess: { export: "out/a.csv" } },
      ],
      [
        { onSuccess: "drop" },
        { onSuccess: {} },
        { onSuccess: { export: ".csv" } },
        { onSuccess: { export: "a.txt" } },
        { onSuccess: { export: "a.csv", clear: 1 } },
      ],
    ],
    [
      [
        { onFinish: [] },
        { onFinish: { command: ["./tell.sh"], on: ["error"], timeoutMs: 5 } },
        { onFinish: [{ webhook: "${env:HOOK}" }, { webhook: "https://x", headers: { a: "b" } }] },
      ],
      [
        { onFinish: {} },
        { onFinish: "./tell.sh" },
        { onFinish: { command: [] } },
        { onFinish: { webhook: "ftp://x" } },
        { onFinish: { command: ["a"], on: [] } },
        { onFinish: { command: ["a"], on: ["never"] } },
        { onFinish: { webhook: "https://x", headers: { a: 1 } } },
        { onFinish: { command: ["a"], headers: {} } },
      ],
    ],
  ];
  const isTaken = (job: object) => {
    try {
      checkDefinition(job, "x.job.json");
      return true;
    } catch {
      return false;
    }
  };
  const isWhole = (sample: object) =>
    ["worker", "command"].some((name) => name in sample) || Object.keys(sample).length === 0;
  const whole = (sample: object) => (isWhole(sample) ? sample : { ...worker, ...sample });

  it("takes what a run takes, and refuses what a run refuses", () => {
    for (const [good, bad] of samples) {
      for (const job of good.map(whole))
        assert.deepEqual([fits(job, schema as never), isTaken(job)], [true, true], JSON.stringify(job));
      for (const job of bad.map(whole))
        assert.deepEqual([fits(job, schema as never), isTaken(job)], [false, false], JSON.stringify(job));
    }
    const judged = new Set(samples.flat(2).flatMap((job) => Object.keys(job)));
    assert.deepEqual(
      Object.keys(schema.properties).filter((name) => !judged.has(name)),
      [],
    );
  });
});
