// Bundles the tests and their programs into dist/test, with source maps: those of some folders together, else each on its own.
//   node test/setup/buildTests.mjs [PREFIX…]     only what starts so, relative to test/; by default all
import { readdirSync, rmSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = resolve(import.meta.dirname, "../..");
const outdir = join(root, "dist/test");
const prefixes = process.argv.slice(2);
/** Tests, programs (main.ts, NAME.main.ts), and what VS Code calls in its extension host. */
const ENTRY = /\.test\.ts$|(^|[/.])main\.ts$|^extension\/index\.ts$/;
const NOT_SOURCES = /(^|\/)(fixtures|workspace|node_modules)\//;

/**
 * Folders of many tests that share a bundle and so one copy of what they test. With a copy for each, a process holds 150
 * MB of code and maps, and each of its collections of garbage takes as long as a hundred tests.
 */
const TOGETHER = ["runtime", "view", "cli"];
const together = (name) =>
  TOGETHER.find((folder) => name.startsWith(`${folder}/`) && name.endsWith(".test.ts"));

const names = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
  .map((name) => name.split(sep).join("/"))
  .filter((name) => ENTRY.test(name) && !NOT_SOURCES.test(name))
  .filter((name) => prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix)))
  .sort();
const entryPoints = [
  ...names
    .filter((name) => !together(name))
    .map((name) => ({ in: join(root, "test", name), out: name.replace(/\.ts$/, "") })),
  ...TOGETHER.filter((folder) => names.some((name) => together(name) === folder)).map((folder) => ({
    in: `together:${folder}`,
    out: `${folder}/all.test`,
  })),
];

/** Of a folder whose tests share a bundle: a file that imports them all. */
const bundleTogether = {
  name: "bundle-together",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^together:/ }, ({ path }) => ({
      path: path.slice("together:".length),
      namespace: "together",
    }));
    onLoad({ filter: /.*/, namespace: "together" }, ({ path: folder }) => ({
      contents: names
        .filter((name) => together(name) === folder)
        .map((name) => `import ${JSON.stringify(`./${name}`)};\n`)
        .join(""),
      resolveDir: join(root, "test"),
    }));
  },
};

/** What no `require` can load goes into the bundle; everything else stays where it is installed. */
const bundleModulesOnly = {
  name: "bundle-modules-only",
  setup({ onResolve }) {
    onResolve({ filter: /^canonicalize$/ }, ({ path }) => ({
      path: fileURLToPath(import.meta.resolve(path)),
    }));
  },
};

const { metafile } = await esbuild.build({
  absWorkingDir: root,
  entryPoints,
  outdir,
  bundle: true,
  packages: "external",
  plugins: [bundleTogether, bundleModulesOnly],
  external: ["vscode"],
  platform: "node",
  target: "node22.15",
  format: "cjs",
  // CommonJS has no import.meta; a test may say it nevertheless.
  define: { "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" },
  keepNames: true,
  sourcemap: "linked",
  metafile: true,
  logLevel: "warning",
});

// A test that was renamed or deleted would run on for ever. Done last, so that a run beside this one keeps its files.
if (prefixes.length === 0) {
  const written = new Set(Object.keys(metafile.outputs).map((path) => resolve(root, path)));
  for (const name of readdirSync(outdir, { recursive: true, encoding: "utf8" })) {
    const path = join(outdir, name);
    if (/\.js(\.map)?$/.test(name) && !written.has(path)) rmSync(path, { force: true });
  }
}
