// Bundles the tests and their programs into dist/test, with source maps: those of some folders together, else each on its own.
//   node test/setup/buildTests.mjs [PREFIX…]     only what starts so, relative to test/; by default all
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { isLong, LONG_TESTS } from "./longTests.mjs";

const root = resolve(import.meta.dirname, "../..");
const outdir = join(root, "dist/test");
const prefixes = process.argv.slice(2);
/** Tests, programs (main.ts, NAME.main.ts), and what VS Code calls in its extension host. */
const ENTRY = /\.test\.ts$|(^|[/.])main\.ts$|^extension\/index\.ts$/;
const NOT_SOURCES = /(^|\/)(fixtures|workspace|node_modules)\//;

/**
 * Folders of many tests, and how many bundles they share, and so copies of what they test; the long ones have others.
 * With a copy for each, a process holds 150 MB of code and maps, and each of its collections of garbage takes as long
 * as a hundred tests.
 */
const TOGETHER = { runtime: [1, 1], view: [1, 1], cli: [1, 2] };
const isTogether = (name) => name.endsWith(".test.ts") && name.split("/")[0] in TOGETHER;

const names = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
  .map((name) => name.split(sep).join("/"))
  .filter((name) => ENTRY.test(name) && !NOT_SOURCES.test(name))
  .filter((name) => prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix)))
  .sort();
const gone = LONG_TESTS.filter((name) => !existsSync(join(root, `test/${name}.test.ts`)));
if (gone.length > 0) throw new Error(`test/setup/longTests.mjs names what is not there: ${gone.join(", ")}.`);

/** The tests of a bundle by its name. */
const bundles = new Map();
for (const [folder, [count, longCount]] of Object.entries(TOGETHER)) {
  const tests = names.filter((name) => isTogether(name) && name.startsWith(`${folder}/`));
  for (const [i, name] of tests.filter((name) => !isLong(name)).entries())
    addTo(`${folder}/tests${(i % count) + 1}.test`, name);
  for (const [i, name] of tests.filter(isLong).entries())
    addTo(`${folder}/tests${(i % longCount) + 1}.long.test`, name);
}
function addTo(bundle, name) {
  bundles.set(bundle, [...(bundles.get(bundle) ?? []), name]);
}
const entryPoints = [
  ...names
    .filter((name) => !isTogether(name))
    .map((name) => ({
      in: join(root, "test", name),
      out: isLong(name) ? name.replace(/\.test\.ts$/, ".long.test") : name.replace(/\.ts$/, ""),
    })),
  ...[...bundles.keys()].map((bundle) => ({ in: `together:${bundle}`, out: bundle })),
];

/** Of tests that share a bundle: a file that imports them all. */
const bundleTogether = {
  name: "bundle-together",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^together:/ }, ({ path }) => ({
      path: path.slice("together:".length),
      namespace: "together",
    }));
    onLoad({ filter: /.*/, namespace: "together" }, ({ path: bundle }) => ({
      contents: bundles
        .get(bundle)
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
