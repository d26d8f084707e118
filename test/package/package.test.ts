import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../setup/root.js";
import { buildVsix, zipNames } from "./vsix.js";

const MAX_VSIX_BYTES = 1_100_000;
const BUNDLES = [
  ...["dist/cli.js", "dist/extension.js", "dist/index.cjs", "dist/index.mjs", "dist/prices.cjs"],
  "dist/mcp.cjs",
  "dist/python/agent_jobs.py",
  "dist/typescript.cjs",
];

/** What the extension alone needs. */
const EXTENSION_FILES = [
  ...["dist/bin/agent-jobs", "dist/bin/agent-jobs.cmd", "dist/types/extension-api.d.ts"],
  ...["dist/dashboard/main.css", "dist/dashboard/main.js", "dist/reader.js"],
];

/** The extension's later parts, which are named after their content. */
const pieces = readdirSync(join(root, "dist"))
  .filter((name) => /^extension-\w+\.js$/.test(name))
  .map((name) => `dist/${name}`);

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath.slice(root.length + 1)}/${entry.name}`.replaceAll("\\", "/"));
}

/** The declarations that the public ones are made of. */
const declarations = (): string[] => filesUnder("dist/types/runtime");

describe("the VSIX", () => {
  let folder: string;
  let vsix: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "agent-jobs-vsix-"));
    vsix = join(folder, "agent-jobs.vsix");
    buildVsix(vsix);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("holds what the extension runs on and nothing else", () => {
    const names = zipNames(vsix).filter((name) => !/^extension\/media\/(walkthrough\/)?[^/]+$/.test(name));
    const hello = filesUnder("examples/hello").filter((name) => !name.includes("/checkpoints/"));
    const plugin = ["package.json", "index.js"].map((name) => `node_modules/agent-jobs-typescript/${name}`);
    const ours = [
      ...[...BUNDLES, ...EXTENSION_FILES, ...pieces, ...declarations()],
      ...[...hello, ...plugin],
    ].map((name) => `extension/${name}`);
    const pages = [
      "package.json",
      "package.nls.json",
      "readme.md",
      "changelog.md",
      "LICENSE.txt",
      "examples/ADOPTING.md",
    ].map((name) => `extension/${name}`);
    const vscodes = ["[Content_Types].xml", "extension.vsixmanifest"];
    assert.deepEqual(names.sort(), [...ours, ...pages, ...vscodes].sort());
  });

  it("holds the declarations that its public ones are made of, whole, and no others", () => {
    const tsc = [join(root, "node_modules/typescript/bin/tsc"), "--noEmit", "--listFiles", "--ignoreConfig"];
    const as = ["--module", "nodenext", "--target", "es2023", "--types", "node"];
    const entry = join(root, "dist/types/runtime/index.d.ts");
    const listed = execFileSync(process.execPath, [...tsc, ...as, entry], { encoding: "utf8" });
    const read = listed.split(/\r?\n/).flatMap((path) => /dist\/types\/runtime\/.*/.exec(path)?.[0] ?? []);
    assert.ok(read.length > 10);
    assert.deepEqual(read.sort(), declarations().sort());
  });

  it("names translations exactly where it holds some: the editor logs an error for a bundle that is missing", () => {
    const { l10n } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const bundles = zipNames(vsix).filter((name) =>
      /^extension\/l10n\/bundle\.l10n\.[\w-]+\.json$/.test(name),
    );
    assert.equal(l10n, bundles.length > 0 ? "./l10n" : undefined);
  });

  it("is under 1.1 MB", () => {
    assert.ok(statSync(vsix).size < MAX_VSIX_BYTES, `${statSync(vsix).size} bytes`);
  });
});

describe("the npm package", () => {
  it("holds the runtime, its types and the command line", () => {
    const options = { cwd: root, encoding: "utf8", shell: process.platform === "win32" } as const;
    const [packed] = JSON.parse(
      execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], options),
    );
    const names: string[] = packed.files.map((file: { path: string }) => file.path);
    const pages = ["package.json", "README.md", "CHANGELOG.md", "LICENSE"];
    assert.deepEqual(names.sort(), [...BUNDLES, ...declarations(), ...pages].sort());
  });
});

describe("the lock files", () => {
  it("name no registry", () => {
    const locks = readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith("package-lock.json") && !name.includes("node_modules"))
      .map((name) => join(root, name));
    assert.ok(locks.length >= 2, `found only ${locks.join(", ")}`);
    for (const lock of locks) assert.doesNotMatch(readFileSync(lock, "utf8"), /"resolved": "http/, lock);
  });
});
