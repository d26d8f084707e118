import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { columnsOf } from "../../src/view/columns.js";
import { cliPath, scratchFolder } from "../support/cli.js";
import { needsPython, Terminal } from "../support/terminal.js";

const sequence = "\u001b[";
const lineStart = `${sequence}G`;
const movedUp = new RegExp(`${lineStart}${sequence}\\dA`.replaceAll("[", "\\["));
// Ends an item each millisecond or so, until the test says so.
const job = `
import { existsSync } from "node:fs";
async function* items() { for (let n = 0; !existsSync("enough"); n++) yield "item-" + n; }
export default { items, concurrency: 4, process: () => new Promise((resolve) => setTimeout(resolve, 4)) };`;

describe("the moving line", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let terminal: Terminal | undefined;
  before(needsPython);
  beforeEach(() => {
    folder = scratchFolder({ "quick.job.mjs": job });
  });
  afterEach(() => {
    terminal?.dispose();
    folder.remove();
  });
  const begin = (env: NodeJS.ProcessEnv = {}) => {
    const command = [process.execPath, cliPath, "run", "quick.job.mjs"];
    terminal = new Terminal(command, {
      cwd: folder.path,
      env: { TERM_PROGRAM: "", XTERM_VERSION: "", ...env },
    });
    return terminal;
  };
  const end = () => {
    if (!existsSync(join(folder.path, "enough"))) writeFileSync(join(folder.path, "enough"), "");
    return terminal!.ended;
  };
  /** What was drawn from a place of the output on: each frame ends with the rest of the screen erased. */
  const framesSince = (from: number) =>
    terminal!.output
      .slice(from)
      .split(`${sequence}J`)
      .slice(0, -1)
      .map((frame) => frame.slice(frame.lastIndexOf(lineStart) + lineStart.length));
  async function draws(count: number, from = 0): Promise<string[]> {
    while (framesSince(from).length < count) await new Promise((resolve) => setTimeout(resolve, 20));
    return framesSince(from);
  }

  it("is drawn at most ten times a second, however fast items end", async () => {
    begin();
    await draws(1);
    const [beganMs, before] = [performance.now(), framesSince(0).length];
    const frames = await draws(before + 20);
    const seconds = (performance.now() - beganMs) / 1000;
    assert.ok((frames.length - before) / seconds <= 11, `${frames.length - before} in ${seconds} s`);
    assert.equal(await end(), 0);
  });

  it("fits a terminal that becomes narrower, and begins where the line began that it broke", async () => {
    begin();
    terminal!.resize(100);
    await draws(5);
    const from = terminal!.output.length;
    terminal!.resize(24);
    // The frame under way, and the one that finds the line broken.
    const [, , ...frames] = await draws(6, from);
    for (const frame of frames) assert.ok(columnsOf(frame) < 24, frame);
    assert.match(terminal!.output.slice(from), movedUp);
    assert.equal(await end(), 0);
  });

  it("does not move up where a terminal leaves lines whole", async () => {
    begin({ TERM_PROGRAM: "vscode" });
    terminal!.resize(100);
    await draws(5);
    terminal!.resize(24);
    await draws(6, terminal!.output.length);
    assert.doesNotMatch(terminal!.output, movedUp);
    assert.equal(await end(), 0);
  });

  it("is no line, and without sequences, on a terminal that is dumb", async () => {
    begin({ TERM: "dumb" });
    while (!terminal!.output.includes("quick")) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(await end(), 0);
    assert.ok(!terminal!.output.includes(sequence), terminal!.output);
  });
});
