import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/root.js";
import { runCli, scratchFolder } from "../support/cli.js";
import { python } from "../support/terminal.js";

const page = readFileSync(join(root, "examples/PROTOCOL.md"), "utf8");

/** The example of a language, as the page has it. */
function example(language: string): string {
  return (
    new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(page)?.[1] ?? assert.fail(language)
  );
}

describe("the page on the worker protocol", () => {
  const examples = [
    { language: "python", file: "w.py", program: "${python}", isHere: python !== undefined },
    { language: "sh", file: "w.sh", program: "sh", isHere: existsSync("/bin/sh") },
  ];
  for (const { language, file, program, isHere } of examples)
    it(`has an example in ${language} that does what it says`, async function () {
      if (!isHere) this.skip();
      const folder = scratchFolder({ [file]: example(language), "a.txt": "one two three", "b.txt": "four" });
      try {
        writeFileSync(
          join(folder.path, "w.job.json"),
          JSON.stringify({
            worker: [program, file],
            items: ["a.txt", "b.txt", "none.txt"].map((path) => ({ path })),
            key: "path",
          }),
        );
        assert.equal((await runCli(["run", "w.job.json"], { cwd: folder.path })).code, 1);
        const { stdout } = await runCli(["results", "w.job.json"], { cwd: folder.path });
        const results = stdout
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line))
          .map(({ id, result }) => [id, result]);
        assert.deepEqual(results.sort(), [
          ["a.txt", 3],
          ["b.txt", 1],
        ]);
      } finally {
        folder.remove();
      }
    });

  it("names only files that are there", () => {
    for (const [, link] of page.matchAll(/\]\(([^)]+)\)/g))
      assert.ok(existsSync(join(root, "examples", link!)), link);
  });
});
