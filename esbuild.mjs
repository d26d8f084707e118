// Builds dist/: the extension, the command line, the runtime for job files, the types of its public API, the Python helper.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as esbuild from "esbuild";

const root = import.meta.dirname;
const dist = join(root, "dist");
const watch = process.argv.includes("--watch");

/** The list prices are larger than all of the runtime, the compiler is half of it, MCP as large as the command line: files beside the bundles, loaded when first needed. */
const loadedLater = {
  name: "loaded-later",
  setup({ onResolve }) {
    onResolve({ filter: /\/typescriptCompiler\.js$/ }, ({ kind }) =>
      kind === "require-call" ? { path: "./typescript.cjs", external: true } : undefined,
    );
    onResolve({ filter: /\/mcpServer\.js$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./mcp.cjs", external: true } : undefined,
    );
    onResolve({ filter: /\/priceTable\.js$/ }, ({ kind }) =>
      kind === "dynamic-import"
        ? { path: "./prices.cjs", external: true }
        : {
            errors: [
              { text: "The price table is loaded with import(), so that it stays out of the bundles." },
            ],
          },
    );
  },
};
const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node22.15",
  format: "cjs",
  minify: !watch,
  keepNames: true, // class names are part of what errors say
  sourcemap: watch ? "linked" : false,
  legalComments: "none",
  logLevel: "warning",
  mainFields: ["module", "main"],
  // Libraries written as ES modules ask where they are; in a CommonJS bundle that is the bundle.
  define: { "import.meta.url": "bundleUrl" },
  plugins: [loadedLater],
};
const bundleUrl = `const bundleUrl = require("node:url").pathToFileURL(__filename).href;`;
const entries = [
  // Node shows the line that an error which nobody caught was thrown from: it is not to be the whole runtime.
  {
    entryPoints: ["src/runtime/index.ts"],
    outfile: "dist/index.cjs",
    ...{ minify: false, minifyIdentifiers: !watch, minifySyntax: !watch },
  },
  { entryPoints: ["src/runtime/runner/priceTable.ts"], outfile: "dist/prices.cjs" },
  {
    entryPoints: ["src/cli/mcp/mcpServer.ts"],
    outfile: "dist/mcp.cjs",
    banner: { js: bundleUrl },
  },
  { entryPoints: ["src/runtime/runner/typescriptCompiler.ts"], outfile: "dist/typescript.cjs" },
  {
    entryPoints: ["src/cli/main.ts"],
    outfile: "dist/cli.js",
    banner: { js: `#!/usr/bin/env node\n${bundleUrl}` },
  },
  { entryPoints: ["src/extension/reading/reader.main.ts"], outfile: "dist/reader.js" },
  // The page of the dashboard, which a browser runs.
  {
    entryPoints: ["src/extension/dashboard/webview/main.ts", "src/extension/dashboard/webview/main.css"],
    outdir: "dist/dashboard",
    ...{ platform: "browser", target: "chrome132", format: "iife" },
    ...{ define: {}, keepNames: false, plugins: [] },
  },
  // TypeScript's server looks for plugins in the node_modules of an extension's folder, and nowhere else.
  { entryPoints: ["src/typescript/plugin.ts"], outfile: "node_modules/agent-jobs-typescript/index.js" },
];

/**
 * The extension is cut where it says `import()`: VS Code loads dist/extension.js and what that needs at once, and the rest
 * of dist/extension-*.js when a command is called for the first time. esbuild cuts ES modules only, and not every editor
 * loads those: each piece becomes a CommonJS module afterwards. Names of functions are not kept: errors say their own, and
 * they are a tenth of what is loaded at the start.
 */
const piecesToCommonJs = {
  name: "pieces-to-common-js",
  setup(build) {
    build.initialOptions.write = false;
    build.onEnd(async ({ outputFiles = [] }) => {
      for (const name of readdirSync(dist))
        if (/^extension-.*\.js$/.test(name)) rmSync(join(dist, name), { force: true });
      for (const { path, text } of outputFiles) {
        const { code } = await esbuild.transform(text, {
          ...{ format: "cjs", platform: "node", target: shared.target },
          ...{ supported: { "dynamic-import": false }, sourcemap: watch ? "inline" : false },
          banner: text.includes("bundleUrl") ? bundleUrl : "",
        });
        // Whatever is taken for an ES module is copied name by name, all 500 names of vscode for each of our files: a third
        // of the start's time. None of these has a default that anybody asks for.
        const direct = code
          .replaceAll(/__toESM\((require\("(?:vscode|\.\/extension-\w+\.js)"\))\)/g, "$1")
          .replace(/^module\.exports = __toCommonJS\((\w+)\);$/m, "module.exports = $1;");
        const options = {
          ...{ format: "cjs", target: shared.target, minify: true },
          ...{ treeShaking: true, legalComments: "none" },
        };
        writeFileSync(path, watch ? direct : (await esbuild.transform(direct, options)).code);
      }
    });
  },
};
const extension = {
  entryPoints: ["src/extension/extension.ts"],
  ...{ outdir: "dist", chunkNames: "extension-[hash]", splitting: true, format: "esm" },
  ...{ minify: false, keepNames: false, sourcemap: watch ? "inline" : false },
  external: ["vscode"],
  plugins: [loadedLater, piecesToCommonJs],
};
entries.push(extension);

/** One copy of the runtime for both module systems: the ES module only hands on the names of the CommonJS one. */
function writeModuleFace() {
  const names = Object.keys(createRequire(import.meta.url)(join(root, "dist/index.cjs"))).sort();
  const lines = names.map((name) => `export const ${name} = runtime.${name};`);
  writeFileSync(join(root, "dist/index.mjs"), `import runtime from "./index.cjs";\n${lines.join("\n")}\n`);
}

/** What makes a package of the plugin. */
function writePluginPackage() {
  const folder = join(root, "node_modules/agent-jobs-typescript");
  mkdirSync(folder, { recursive: true });
  const manifest = { name: "agent-jobs-typescript", version: "0.0.0", private: true, main: "index.js" };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest)}\n`);
}

// A folder of its own, so that it alone comes onto Python's path.
mkdirSync(join(root, "dist/python"), { recursive: true });
copyFileSync(join(root, "src/python/agent_jobs.py"), join(root, "dist/python/agent_jobs.py"));
// And one that alone comes onto the PATH of terminals.
mkdirSync(join(root, "dist/bin"), { recursive: true });
for (const name of ["agent-jobs", "agent-jobs.cmd"])
  copyFileSync(join(root, "src/terminal", name), join(root, "dist/bin", name));
/** Of the declarations of all modules, those that the public ones are made of are a fifth. */
function removeUnreached(folder, entry) {
  const reached = new Set();
  const reach = (path) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const [, name] of readFileSync(path, "utf8").matchAll(/(?:from |import ?\(?)"(\.[^"]+)\.js"/g))
      reach(join(dirname(path), `${name}.d.ts`));
  };
  reach(join(folder, entry));
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name);
    if (file.isFile() && !reached.has(path)) rmSync(path);
  }
}

writePluginPackage();
if (watch) {
  for (const entry of entries) {
    const context = await esbuild.context({ ...shared, ...entry });
    await context.rebuild();
    await context.watch();
  }
  writeModuleFace();
  console.log("[watch] build finished"); // what .vscode/tasks.json waits for
} else {
  rmSync(join(root, "dist/types"), { recursive: true, force: true });
  await Promise.all(entries.map((entry) => esbuild.build({ ...shared, ...entry })));
  writeModuleFace();
  execFileSync(
    process.execPath,
    [
      join(root, "node_modules/typescript/bin/tsc"),
      ...["--project", "src/runtime/tsconfig.json", "--outDir", "dist/types"],
    ],
    { cwd: root, stdio: "inherit" },
  );
  removeUnreached(join(root, "dist/types/runtime"), "index.d.ts");
  // Types alone, which other extensions copy: declarations as they are.
  copyFileSync(join(root, "src/extension/api/extensionApi.ts"), join(root, "dist/types/extension-api.d.ts"));
}
