import assert from "node:assert/strict";
import { distinctions, type JobPlace } from "../../src/view/distinctions.js";

describe("what tells jobs of one name apart", () => {
  const at = (path: string): JobPlace => {
    const [folder = "", ...rest] = path.split("/");
    return { folder, dirs: rest.slice(0, -1), file: rest.at(-1)! };
  };
  const told = (...paths: string[]) => distinctions(paths.map(at));

  it("is their open folders where those are different", () => {
    assert.deepEqual(told("web/jobs/a.job.ts", "server/deep/er/a.job.ts"), ["web", "server"]);
  });

  it("is the way to them in the one folder", () => {
    assert.deepEqual(told("web/a.job.ts", "web/x/a.job.ts", "web/y/z/a.job.ts"), ["", "x", "y/z"]);
  });

  it("is both where one folder has several", () => {
    assert.deepEqual(told("web/x/a.job.ts", "web/y/a.job.ts", "server/x/a.job.ts"), [
      ...["web/x", "web/y", "server/x"],
    ]);
  });

  it("is their files where they lie side by side", () => {
    assert.deepEqual(told("web/x/a.job.ts", "web/x/b.jsonl"), ["x/a.job.ts", "x/b.jsonl"]);
  });
});
