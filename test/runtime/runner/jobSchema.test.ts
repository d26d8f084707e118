import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { checkDefinition } from "../../../src/runtime/runner/definition.js";
import { root } from "../../setup/root.js";

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
});
