import assert from "node:assert/strict";
import { changed, loopChange } from "../../src/view/pythonLoop.js";

/** A script as it is after the change of the loop at a line, or of the one that is found. */
function adopted(source: string, line = 0): string {
  const change = loopChange(source, line);
  assert.ok(change, "no loop was found");
  return changed(source, change.changes);
}

const script = (...lines: string[]) => `${lines.join("\n")}\n`;

describe("the change that makes a Python loop resumable", () => {
  it("is an import, the loop's line, and the line that keeps the result", () => {
    const before = script(
      '"""Summaries."""',
      "import json",
      "from tqdm import tqdm",
      "",
      "results = []",
      "for doc in tqdm(docs, desc='docs'):",
      '    reply = ask(doc["text"])',
      '    results.append({"id": doc["id"], "summary": reply})',
      "print(json.dumps(results))",
    );
    assert.equal(
      adopted(before),
      script(
        '"""Summaries."""',
        "import json",
        "from tqdm import tqdm",
        "from agent_jobs import resume",
        "",
        "results = []",
        "for doc in tqdm(resume(docs, key=\"id\", into=results), desc='docs'):",
        '    reply = ask(doc["text"])',
        '    doc.done({"id": doc["id"], "summary": reply})',
        "print(json.dumps(results))",
      ),
    );
  });

  it("marks the item at the end of the body where no line keeps a result", () => {
    const before = script(
      "def main():",
      "    for name in names:",
      "        if name:",
      "            ask(name)",
    );
    const after = script(
      "from agent_jobs import resume",
      "def main():",
      "    for name in resume(names):",
      "        if name:",
      "            ask(name)",
      "        name.done()",
    );
    assert.equal(adopted(before), after);
  });

  it("keeps a file's lines as results, and what a loop unpacks whole", () => {
    const written = script(
      "import json",
      "for line in f:",
      "    doc = json.loads(line)",
      '    out.write(json.dumps(ask(doc)) + "\\n")',
    );
    assert.match(adopted(written), /for line in resume\(f, into=out\):\n.*\n {4}line\.done\(ask\(doc\)\)\n/);
    const pairs = script("for i, doc in enumerate(docs):", '    save(i, doc["id"])');
    assert.match(
      adopted(pairs),
      /^from agent_jobs import done, resume\nfor i, doc in resume\(enumerate\(docs\), key=lambda pair: pair\[1\]\["id"\]\):/,
    );
    assert.match(
      adopted(script("for i, row in df.iterrows():", "    ask(row.text)")),
      /key=lambda pair: pair\[0\]/,
    );
    assert.match(adopted(script("for i, doc in enumerate(docs):", "    ask(doc.id)")), /pair\[1\]\.id/);
  });

  it("is of the loop at the cursor, of the outer one of two, else of the longest", () => {
    const two = script(
      "for a in xs:",
      "    f(a)",
      "for b in ys:",
      "    g(b)",
      "    for c in b:",
      "        h(c)",
    );
    assert.equal(loopChange(two, 1)?.loop, "for a in xs:");
    assert.equal(loopChange(two, 5)?.loop, "for b in ys:");
    assert.equal(loopChange(two, 99)?.loop, "for b in ys:");
  });

  it("puts the import behind imports of several lines, and behind a shebang and a docstring", () => {
    const before = script(
      "#!/usr/bin/env python3",
      '"""Two',
      'lines."""',
      "from a import (",
      "    b,",
      ")",
      "",
      "for x in xs:",
      "    f(x)",
    );
    assert.deepEqual(adopted(before).split("\n").slice(3, 8), [
      "from a import (",
      "    b,",
      ")",
      "from agent_jobs import resume",
      "",
    ]);
    assert.match(
      adopted(script("#!/bin/python3", "for x in xs:", "    f(x)")),
      /^#!\/bin\/python3\nfrom agent_jobs/,
    );
  });

  it("is none where there is no loop, or it is resumable already", () => {
    assert.equal(loopChange("print(1)\n", 0), null);
    assert.equal(loopChange(script("for doc in resume(docs):", "    doc.done()"), 0), null);
    assert.equal(loopChange("for x in xs: f(x)\n", 0), null);
  });
});
