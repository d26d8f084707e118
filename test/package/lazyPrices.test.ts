import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/root.js";
import { runCli, scratchFolder } from "../support/cli.js";

const BUNDLES = readdirSync(join(root, "dist"))
  .filter((name) => /^(cli\.js|extension.*\.js|index\.cjs)$/.test(name))
  .map((name) => `dist/${name}`);
/** Prints which of our bundles a process has loaded when it ends. */
const tellsLoaded = `
  process.on("exit", () => {
    const names = Object.keys(require.cache).map((path) => require("node:path").basename(path));
    require("node:fs").writeSync(2, "LOADED " + names.filter((name) => name === "prices.cjs").length + "\\n");
  });
`;
const job = `
  import { PriceList } from "agent-jobs";
  export default {
    items: ["a", "b"],
    async process(item, context) {
      context.usage({ model: "gpt-4o", inputTokens: 1000, outputTokens: 0, usd: 0.0025 });
      if (process.env.ASKS) return await new PriceList().priceOf({ model: "gpt-4o", inputTokens: 1000, outputTokens: 0 });
    },
  };
`;

function inNode(script: string, cwd: string): string {
  return execFileSync(process.execPath, ["-e", script], { cwd, encoding: "utf8" }).trim();
}

describe("the list prices", () => {
  let folder: ReturnType<typeof scratchFolder>;
  before(() => {
    folder = scratchFolder({ "tells.cjs": tellsLoaded, "paid.job.mjs": job });
  });
  after(() => folder.remove());

  it("are in a file of their own and in no other bundle", () => {
    const mark = "claude-3-5-haiku";
    assert.ok(readFileSync(join(root, "dist/prices.cjs"), "utf8").includes(mark));
    for (const bundle of BUNDLES) assert.ok(!readFileSync(join(root, bundle), "utf8").includes(mark), bundle);
  });

  it("are not loaded by commands nor by a run that needs none, and are by one that does", async () => {
    const env = { NODE_OPTIONS: `--require "${join(folder.path, "tells.cjs").replaceAll("\\", "/")}"` };
    const loaded = async (args: string[], more: NodeJS.ProcessEnv = {}) => {
      const { code, stderr } = await runCli(args, { cwd: folder.path, env: { ...env, ...more } });
      assert.equal(code, 0, stderr);
      return /LOADED (\d)/.exec(stderr)?.[1];
    };
    assert.equal(await loaded(["--help"]), "0");
    assert.equal(await loaded(["plan", "paid.job.mjs"]), "0");
    assert.equal(await loaded(["run", "paid.job.mjs"]), "0");
    assert.equal(await loaded(["status", "."]), "0");
    assert.equal(await loaded(["run", "paid.job.mjs", "--as", "asks"], { ASKS: "1" }), "1");
  });

  it("are loaded by the library at the first price, from wherever it is installed", () => {
    const installed = join(folder.path, "node_modules/agent-jobs");
    mkdirSync(join(installed, "dist"), { recursive: true });
    cpSync(join(root, "package.json"), join(installed, "package.json"));
    for (const name of ["index.cjs", "index.mjs", "prices.cjs"])
      cpSync(join(root, "dist", name), join(installed, "dist", name));
    const asks = `
      const isLoaded = () => Object.keys(require.cache).some((path) => path.endsWith("prices.cjs"));
      (async () => {
        const { PriceList } = WAY;
        const prices = new PriceList({ own: { inputPerMillion: 1, outputPerMillion: 1 } });
        const own = await prices.priceOf({ model: "own", inputTokens: 1000, outputTokens: 0 });
        const before = isLoaded();
        const listed = await prices.priceOf({ model: "gpt-4o", inputTokens: 1000, outputTokens: 0 });
        console.log(own, before, listed, isLoaded());
      })();
    `;
    for (const way of ['require("agent-jobs")', 'await import("agent-jobs")'])
      assert.equal(inNode(asks.replace("WAY", way), folder.path), "0.001 false 0.0025 true", way);
  });
});
