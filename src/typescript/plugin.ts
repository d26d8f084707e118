/**
 * A plugin of TypeScript's language server: where nothing called `agent-jobs` is installed, job files get the types that
 * the extension brings, as a run gets its runtime. What is installed goes first, and no file of the user is touched.
 */
import { join } from "node:path";

/** What is used of TypeScript's API. */
interface Resolution {
  resolvedModule?: { resolvedFileName: string; extension: string; isExternalLibraryImport: boolean };
}
interface ModuleHost {
  resolveModuleNameLiterals?(
    literals: readonly { text: string }[],
    ...rest: unknown[]
  ): readonly Resolution[];
}
interface PluginInfo {
  languageService: object;
  languageServiceHost: ModuleHost;
}

const moduleName = "agent-jobs";
/** This is built to node_modules/agent-jobs-typescript of the extension, where alone it is looked for. */
const types = join(__dirname, "../../dist/types/runtime/index.d.ts");

function create({ languageService, languageServiceHost: host }: PluginInfo): object {
  const resolve = host.resolveModuleNameLiterals?.bind(host);
  if (resolve)
    host.resolveModuleNameLiterals = (literals, ...rest) =>
      resolve(literals, ...rest).map((resolution, i) =>
        resolution.resolvedModule || literals[i]?.text !== moduleName
          ? resolution
          : {
              ...resolution,
              resolvedModule: {
                resolvedFileName: types.replaceAll("\\", "/"),
                extension: ".d.ts",
                isExternalLibraryImport: true,
              },
            },
      );
  return languageService;
}

module.exports = () => ({ create });
