/**
 * How job files and the relative files that they import are loaded: TypeScript through sucrase, ES modules whatever
 * the nearest package.json says of its type, imports without an extension, and `agent-jobs` from this installation
 * where the project has none of its own. Node's own type stripping fails at each of these.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { registerHooks } from "node:module";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transform } from "sucrase";

const typescript = /\.[mc]?ts$/;
const endings = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json"];
const moduleSyntax = /^\s*(?:import\b(?!\s*\()|export\b)/m;

let registered = false;

/**
 * Registers the hooks, once a process.
 * @param runtimePath the bundled runtime, an ES module, for `import … from "agent-jobs"`
 */
export function registerLoaderHooks(runtimePath: string): void {
  if (registered) return;
  registered = true;
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        if (specifier === "agent-jobs")
          return { url: pathToFileURL(runtimePath).href, format: "module", shortCircuit: true };
        const found = isOwn(context.parentURL) ? withEnding(specifier, context.parentURL!) : undefined;
        if (!found) throw error;
        return next(pathToFileURL(found).href, context);
      }
    },
    load(url, context, next) {
      if (!isOwn(url)) return next(url, context);
      const path = fileURLToPath(url);
      if (typescript.test(path)) {
        const source = readFileSync(path, "utf8");
        const isModule = !path.endsWith(".cts") && (path.endsWith(".mts") || moduleSyntax.test(source));
        const { code } = transform(source, {
          transforms: isModule ? ["typescript"] : ["typescript", "imports"],
          disableESTransforms: true,
          filePath: path,
        });
        return { format: isModule ? "module" : "commonjs", source: code, shortCircuit: true };
      }
      if (!path.endsWith(".js")) return next(url, context);
      const source = readFileSync(path, "utf8");
      return moduleSyntax.test(source)
        ? { format: "module", source, shortCircuit: true }
        : next(url, context);
    },
  });
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
