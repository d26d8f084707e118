import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { mapSome } from "./mapSome.js";

/** What files are the same by different paths, as links to folders make them; remembers what each folder is for one search. */
export class RealPaths {
  private readonly folders = new Map<string, Promise<string>>();

  /**
   * Each file once, in the order of the paths: by the path without a link, where there is one.
   * @param known other paths that stand for their files already: no second one of theirs is given
   */
  async distinct(paths: readonly string[], known: Iterable<string> = []): Promise<string[]> {
    const all = new Set(paths);
    const standing = new Set(known);
    const named = new Map<string, number>();
    for (const path of new Set([...all, ...standing]))
      named.set(basename(path), (named.get(basename(path)) ?? 0) + 1);
    // A link to a folder leaves the names of the files in it: most are the only ones of theirs.
    const isAmbiguous = (path: string) => named.get(basename(path))! > 1;
    const best = new Map<string, string>();
    const ambiguous = [...new Set([...standing, ...all])].filter(isAmbiguous);
    const reals = await mapSome(ambiguous, (path) => this.realOf(path));
    const realOf = new Map(ambiguous.map((path, i) => [path, reals[i]!]));
    for (const path of ambiguous) {
      const real = realOf.get(path)!;
      const other = best.get(real);
      const isBetter = other === undefined || (!standing.has(other) && isNearer(real, path, other));
      if (isBetter) best.set(real, path);
    }
    return [...all].filter(
      (path) => standing.has(path) || !isAmbiguous(path) || best.get(realOf.get(path)!) === path,
    );
  }

  private async realOf(path: string): Promise<string> {
    const folder = dirname(path);
    // What cannot be looked up is what it is called.
    const real = this.folders.get(folder) ?? realpath(folder).catch(() => folder);
    this.folders.set(folder, real);
    return join(await real, basename(path));
  }
}

/** Whether a path says more of the real one than another does; which one does not depend on their order. */
function isNearer(real: string, path: string, other: string): boolean {
  const [mine, others] = [sharedEnd(real, path), sharedEnd(real, other)];
  return mine === others ? path < other : mine > others;
}

/** A folder that is opened by a link has none of its files at their real paths: the part below it is what counts. */
function sharedEnd(real: string, path: string): number {
  let n = 0;
  while (n < path.length && real.at(-1 - n) === path.at(-1 - n)) n++;
  return n;
}
