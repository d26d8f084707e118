// Bundles the tests and their programs into dist/test: each file on its own, with source maps.
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

const entryPoints = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
  .map((name) => name.split(sep).join("/"))
  .filter((name) => ENTRY.test(name) && !NOT_SOURCES.test(name))
  .filter((name) => prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix)))
  .map((name) => join(root, "test", name));

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
  outbase: join(root, "test"),
  outdir,
  bundle: true,
  packages: "external",
  plugins: [bundleModulesOnly],
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
