import { existsSync, type FSWatcher, watch } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Says of which names in folders the system tells. chokidar, given a folder, reads all of it, and looks at each of its files, about
 * once a second for as long as anything in it is written to.
 */
export class FolderNames {
  private readonly watchers = new Map<string, FSWatcher>();
  /** Folders that are not there yet, by the nearest one above that is. */
  private awaited = new Map<string, Set<string>>();

  /**
   * @param onName a file came, went, or was replaced by another (`isNew`), or was written to
   * @param onFolder a folder came or went: what is to be watched should be given again
   */
  constructor(
    private readonly onName: (path: string, isNew: boolean) => void,
    private readonly onFolder: () => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /**
   * Watches these folders, and no others from now on. One that is not there is waited for.
   * @returns those that are there
   */
  watch(folders: ReadonlySet<string>): string[] {
    const there: string[] = [];
    this.awaited = new Map();
    for (const folder of folders) {
      if (existsSync(folder)) there.push(folder);
      else this.await(folder);
    }
    const wanted = new Set([...there, ...this.awaited.keys()]);
    for (const [folder, watcher] of this.watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.watchers.delete(folder);
    }
    for (const folder of wanted) if (!this.watchers.has(folder)) this.begin(folder);
    return there;
  }

  /** Whether the system tells of this folder. */
  watches(folder: string): boolean {
    return this.watchers.has(folder);
  }

  dispose(): void {
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }

  private await(folder: string): void {
    let [missing, above] = [folder, dirname(folder)];
    while (!existsSync(above) && above !== missing) [missing, above] = [above, dirname(above)];
    this.awaited.set(above, (this.awaited.get(above) ?? new Set()).add(missing));
  }

  private begin(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        if (event === "rename") this.take(folder, name);
        else if (name !== null) this.onName(join(folder, name), false);
      });
      watcher.on("error", (error) => {
        // Windows says so where the folder itself was removed.
        if (existsSync(folder)) this.onError(error);
        this.lose(folder);
      });
      this.watchers.set(folder, watcher);
    } catch (error) {
      if (existsSync(folder)) this.onError(error);
    }
  }

  private take(folder: string, name: string | null): void {
    if (name === null) return this.onFolder();
    // Of a folder that is removed or moved the system tells by its own name; another may be in its place.
    if (name === basename(folder) && !existsSync(join(folder, name))) return this.lose(folder);
    const path = join(folder, name);
    if (this.awaited.get(folder)?.has(path)) this.onFolder();
    this.onName(path, true);
  }

  private lose(folder: string): void {
    this.watchers.get(folder)?.close();
    this.watchers.delete(folder);
    this.onFolder();
  }
}
