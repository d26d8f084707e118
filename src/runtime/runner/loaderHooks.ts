/**
 * How job files and the relative files that they import are loaded: TypeScript through sucrase, ES modules whatever
 * the nearest package.json says of its type, imports without an extension, and `agent-jobs` from this installation
 * where the project has none of its own. Node's own type stripping fails at each of these.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { url } from "node:inspector";
import { registerHooks } from "node:module";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compileFunction } from "node:vm";

/** Loaded when it is first needed: most commands compile nothing, and it is half of all that they would load. */
const compiler = (): typeof import("./typescriptCompiler.js") => require("./typescriptCompiler.js");

const typescript = /\.[mc]?ts$/;
const endings = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json"];
const commonJsNames = ["exports", "require", "module", "__filename", "__dirname"];

let registered = false;
/** Local files that were loaded through the hooks, absolute. */
const loaded = new Set<string>();

/** The local files that were loaded so far: job files and what they import. */
export function loadedFiles(): string[] {
  return [...loaded];
}

/**
 * Registers the hooks, once a process.
 * @param runtimePath the bundled runtime, an ES module with its CommonJS twin beside it, for `… from "agent-jobs"`
 */
export function registerLoaderHooks(runtimePath: string): void {
  if (registered) return;
  registered = true;
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        if (specifier === "agent-jobs") return bundledRuntime(runtimePath, context.conditions);
        const found = isOwn(context.parentURL) ? withEnding(specifier, context.parentURL!) : undefined;
        if (!found) throw error;
        return { url: pathToFileURL(found).href, shortCircuit: true };
      }
    },
    load(url, context, next) {
      if (!isOwn(url)) return next(url, context);
      const path = fileURLToPath(url);
      if (!path.startsWith(dirname(runtimePath) + sep)) loaded.add(path);
      const isTypeScript = typescript.test(path);
      if (!isTypeScript && !path.endsWith(".js")) return next(url, context);
      const { source, format } = isTypeScript ? compile(path) : read(path);
      if (format === "module") return { source, format, shortCircuit: true };
      if (isRequired(context.conditions)) return { source, format, shortCircuit: true };
      const isPlain = !isTypeScript && context.format !== "module" && !/\brequire\b/.test(source);
      return isPlain
        ? next(url, context)
        : { source: asModule(source), format: "module", shortCircuit: true };
    },
  });
}

/** Node 22 gives a Set where its documentation, and Node 24, have an array. */
function isRequired(conditions: Iterable<string>): boolean {
  return [...conditions].includes("require");
}

/**
 * CommonJS that is imported, as an ES module in the same lines. Node would run it as well, but before Node 24 what it
 * requires does not come through these hooks.
 */
function asModule(source: string): string {
  const begin =
    'import { createRequire as $create } from "node:module"; const $module = { exports: {} }; ' +
    "(function (exports, require, module, __filename, __dirname) { ";
  const call =
    "\n}).call($module.exports, $module.exports, $create(import.meta.url), $module, import.meta.filename, import.meta.dirname);";
  const names = [...exportedNames(source)]
    .map((name, i) => `const $${i} = $module.exports.${name}; export { $${i} as ${name} };`)
    .join("\n");
  return `${begin}${source.replace(/^#!.*/, "")}${call}\nexport default $module.exports;\n${names}\n`;
}

/** What `exports.NAME = …` and `module.exports = { NAME, … }` name, so that it can be imported by name. */
function exportedNames(source: string): Set<string> {
  const names = new Set<string>();
  for (const [, name] of source.matchAll(/\bexports\.([A-Za-z_]\w*)\s*=[^=]/g)) names.add(name!);
  const literal = /\bmodule\.exports\s*=\s*\{([^{}]*)\}/.exec(source)?.[1] ?? "";
  for (const [, name] of literal.matchAll(/(?:^|,)\s*([A-Za-z_]\w*)\s*(?=[,:]|$)/g)) names.add(name!);
  names.delete("default");
  return names;
}

function bundledRuntime(path: string, conditions: Iterable<string>) {
  const required = isRequired(conditions);
  const file = required ? path.replace(/\.mjs$/, ".cjs") : path;
  return { url: pathToFileURL(file).href, format: required ? "commonjs" : "module", shortCircuit: true };
}

interface Source {
  source: string;
  format: "module" | "commonjs";
}

function read(path: string): Source {
  const source = readFileSync(path, "utf8");
  return { source, format: isModule(source) ? "module" : "commonjs" };
}

function compile(path: string): Source {
  const source = readFileSync(path, "utf8");
  const options = { disableESTransforms: true, filePath: path };
  if (path.endsWith(".cts")) {
    const { code } = compiler().transform(source, { ...options, transforms: ["typescript", "imports"] });
    return { source: code, format: "commonjs" };
  }
  const mapped = url() === undefined ? {} : { sourceMapOptions: { compiledFilename: path } };
  const { code, sourceMap } = compiler().transform(source, {
    ...{ ...options, ...mapped },
    transforms: ["typescript"],
  });
  return {
    source: code + mapComment(sourceMap, path),
    format: path.endsWith(".mts") || isModule(code) ? "module" : "commonjs",
  };
}

/** A debugger shows the file itself, types and all, where it is told what of it the compiled code is. */
function mapComment(map: object | undefined, path: string): string {
  if (!map) return "";
  const json = JSON.stringify({ ...map, sources: [pathToFileURL(path).href] });
  return `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(json).toString("base64")}\n`;
}

/**
 * Whether JavaScript is an ES module, told as Node itself tells it: by whether it parses as CommonJS. The words
 * `import` and `export` may stand in comments and texts.
 */
function isModule(source: string): boolean {
  if (!/\b(?:import|export|await)\b/.test(source)) return false;
  try {
    compileFunction(source.replace(/^#!.*/, ""), commonJsNames);
    return false;
  } catch {
    return true;
  }
}

/** A file of the project, not of its dependencies. */
function isOwn(url: string | undefined): boolean {
  return url?.startsWith("file:") === true && !url.includes("/node_modules/");
}

/** `./part` → `./part.ts`, `./part/index.ts`; `./part.js` → `./part.ts`. */
function withEnding(specifier: string, parentUrl: string): string | undefined {
  if (!specifier.startsWith(".") && !specifier.startsWith("/") && !specifier.startsWith("file:"))
    return undefined;
  const path = specifier.startsWith("file:")
    ? fileURLToPath(specifier)
    : join(specifier.startsWith("/") ? sep : dirname(fileURLToPath(parentUrl)), specifier);
  const written = path.replace(/\.([mc]?)js$/, ".$1ts");
  const candidates = [
    ...(written !== path ? [written] : []),
    ...endings.map((ending) => path + ending),
    ...endings.map((ending) => join(path, `index${ending}`)),
  ];
  return candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
}
