import assert from "node:assert/strict";
import { join } from "node:path";
import { readResults } from "../../src/runtime/results.js";
import { ensureNode } from "../setup/node.mjs";
import { runCli, scratchFolder } from "../support/cli.js";

const jobOf = (process: string) => `export default defineJob({ items: ["a"], process: ${process} });`;

/** Relative files that the job files import, in every way that people write. */
const library = {
  "lib/part.ts": `
    export enum Size { Small = 1, Large = Small + 9 }
    export const enum Shade { Dark = "dark" }
    export interface Shape { size: Size }
    export default class Counter<T> {
      constructor(private readonly items: T[], public name = "counter") {}
      get size(): number { return this.items.length; }
    }`,
  "lib/types.ts": "export type Text = string; export interface Only { text: Text }",
  "lib/written.ts": `import { below } from "./deep/below"; export const written = "written " + below;`,
  "lib/deep/below.ts": `export const below: string = "below";`,
  "lib/folder/index.ts": `export * from "./member.js"; export * as inner from "./member";`,
  "lib/folder/member.ts": `export const member = "member" as const;`,
  "lib/plain.js": `export const plain = "plain";`,
  "lib/common.cjs": `exports.common = "common";`,
  "lib/named.js": `const { join } = require("node:path"); const two = 2;\nexports.one = join("on", "..", "one"); exports.two = two;`,
  "lib/data.json": `{ "n": 42 }`,
};

const jobs: Record<string, { source: string; result: unknown }> = {
  "full.job.ts": {
    source: `
      import { readFileSync, type Stats } from "node:fs";
      import { defineJob, type ItemContext } from "agent-jobs";
      import type { Only } from "./lib/types";
      import { type Shape, Shade, Size } from "./lib/part";
      import Counter from "./lib/part";
      import { written } from "./lib/written.js";
      import { inner, member } from "./lib/folder";
      import { plain } from "./lib/plain";
      import { common } from "./lib/common.cjs";
      import { one } from "./lib/named.js";
      import data from "./lib/data.json" with { type: "json" };

      abstract class Base { abstract name(): string; protected constructor(readonly kind: string) {} }
      class Job extends Base { constructor() { super("job"); } name() { return this.kind satisfies string; } }
      const shape = { size: Size.Large } as Shape;
      const later = await Promise.resolve("awaited");
      const text = <T,>(value: T): string => String(value!);
      const stat: Stats | undefined = undefined;

      export default defineJob({
        items: ["a"],
        async process(item: string, ctx: ItemContext): Promise<object> {
          const only: Only = { text: text(ctx.attempt) };
          const here = readFileSync(new URL(import.meta.url), "utf8").includes("Counter") && stat === undefined;
          return {
            only, one, written, member, inner: inner.member, plain, common, n: data.n, later, here,
            size: shape.size, shade: Shade.Dark, large: Size[10], counted: new Counter([1, 2]).size, kind: new Job().name(),
          };
        },
      });`,
    result: {
      ...{
        only: { text: "1" },
        one: "one",
        written: "written below",
        member: "member",
        inner: "member",
        plain: "plain",
      },
      ...{ common: "common", n: 42, later: "awaited", here: true, size: 10, shade: "dark", large: "Large" },
      ...{ counted: 2, kind: "job" },
    },
  },
  "module.job.mts": {
    source: `
      import { defineJob } from "agent-jobs";
      import { Size } from "./lib/part.js";
      ${jobOf("(item: string): string => item + Size.Small")}`,
    result: "a1",
  },
  "script.job.js": {
    source: `
      import { defineJob } from "agent-jobs";
      import { plain } from "./lib/plain.js";
      ${jobOf("(item) => item + plain")}`,
    result: "aplain",
  },
  "script2.job.mjs": {
    source: `
      import { defineJob } from "agent-jobs";
      import { written } from "./lib/written";
      ${jobOf("(item) => item + written")}`,
    result: "awritten below",
  },
  "common.job.js": {
    source: `
      /* An ES module would begin with
export default or
import something; this is none. */
      const { defineJob } = require("agent-jobs");
      const { join } = require("node:path");
      const { member } = require("./lib/folder");
      module.exports = defineJob({ items: ["a"], process: (item) => join(item, member, require("./lib/data.json").n + "") });`,
    result: join("a", "member", "42"),
  },
  "equals.job.ts": {
    source: `
      import part = require("./lib/part");
      export = { items: ["a"], process: (item: string): string => item + part.Size.Small };`,
    result: "a1",
  },
  "words.job.ts": {
    source: `
      import { defineJob } from "agent-jobs";
      import * as part from "./lib/part";
      const text: string = "export default in a text, and\\n" + \`
export {}\`;
      ${jobOf("(item: string) => item + part.Size.Small + text.length")}`,
    result: "a140",
  },
};

const kinds: Record<string, Record<string, string>> = {
  '"type":"commonjs"': { "package.json": '{"type":"commonjs"}' },
  '"type":"module"': { "package.json": '{"type":"module"}' },
  "no package.json": {},
};

describe("job files of every kind", () => {
  const sources = Object.fromEntries(Object.entries(jobs).map(([name, { source }]) => [name, source]));

  async function resultOf(folder: string, file: string): Promise<unknown> {
    const checkpoint = join(folder, "checkpoints", file.replace(/\.job\.\w+$/, ".jsonl"));
    for await (const { result } of readResults(checkpoint)) return result;
    return undefined;
  }

  for (const version of ["22.15.0", "22.18.0", "24.21.0"]) {
    describe(`on Node ${version}`, () => {
      let node: string;
      before(async function () {
        this.timeout(300_000); // the first time it is downloaded
        node = await ensureNode(version).catch((error: Error) => {
          if (!error.message.startsWith("npm has no Node")) throw error;
          return this.skip();
        });
      });

      for (const [kind, files] of Object.entries(kinds)) {
        it(`run in a folder with ${kind}`, async () => {
          const folder = scratchFolder({ ...files, ...library, ...sources });
          try {
            const check = async (file: string) => {
              const { code, stderr } = await runCli(["run", file], { cwd: folder.path, node });
              assert.deepEqual({ file, code, stderr }, { file, code: 0, stderr: "" });
              assert.deepEqual(await resultOf(folder.path, file), jobs[file]!.result, file);
            };
            const names = Object.keys(jobs);
            await Promise.all(
              [names.slice(0, 3), names.slice(3)].map(async (some) => {
                for (const name of some) await check(name);
              }),
            );
          } finally {
            folder.remove();
          }
        });
      }
    });
  }

  it("import an installed agent-jobs where there is one", async () => {
    const installed = `export const defineJob = (job) => ({ ...job, process: () => "installed" });`;
    const folder = scratchFolder({
      "node_modules/agent-jobs/package.json": '{"name":"agent-jobs","type":"module","exports":"./index.js"}',
      "node_modules/agent-jobs/index.js": installed,
      "sub/own.job.ts": `import { defineJob } from "agent-jobs";\n${jobOf("() => 'bundled'")}`,
    });
    try {
      const { code, stderr } = await runCli(["run", "sub/own.job.ts"], { cwd: folder.path });
      assert.equal(code, 0, stderr);
      assert.equal(await resultOf(join(folder.path, "sub"), "own.job.ts"), "installed");
    } finally {
      folder.remove();
    }
  });

  it("that cannot be loaded say where, in one sentence", async () => {
    const folder = scratchFolder({
      "missing.job.ts": `import { x } from "./nowhere";\nexport default { items: [x], process() {} };`,
      "package.job.ts": `import x from "no-such-package";\nexport default { items: [x], process() {} };`,
      "syntax.job.ts": `\nexport default { items: [, process() {} };`,
    });
    try {
      for (const [file, words] of Object.entries({
        "missing.job.ts": /Cannot load .*missing\.job\.ts.*nowhere/,
        "package.job.ts": /Cannot load .*package\.job\.ts.*no-such-package/,
        "syntax.job.ts": /Cannot load .*syntax\.job\.ts.*\(2:\d+\)/,
      })) {
        const { code, stderr } = await runCli(["run", file], { cwd: folder.path });
        assert.equal(code, 2);
        assert.match(stderr, words);
        assert.doesNotMatch(stderr, /\n\s+at /);
      }
    } finally {
      folder.remove();
    }
  });
});
