import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

export type PackageFacts = { name: string; version: string | null; description: string | null };

const text = (value: unknown) => (typeof value === "string" && value.trim() !== "" ? value.trim() : null);

/** The package that a file belongs to: the nearest package.json that has a name, at most up to node_modules. */
export async function packageOf(file: string): Promise<PackageFacts | null> {
  for (let folder = dirname(file); basename(folder) !== "node_modules"; folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
      const name = text(manifest.name);
      if (name !== null)
        return { name, version: text(manifest.version), description: text(manifest.description) };
    } catch {
      // No package.json here, or one for tools alone: the folder above may have it.
    }
    if (folder === dirname(folder)) break;
  }
  return null;
}
