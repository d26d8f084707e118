import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { systemCodeOf } from "../../runtime/errors.js";
import type { Log } from "../log.js";

/** What lies beside a checkpoint and says something about its job. */
const beside = /\.(lock|stop|events)$/;
/** The first run with a label makes a checkpoint of its own, maybe where VS Code's watcher does not look. */
const labelled = /@[^\\/]+\.(jsonl|ckpt)$/;
/** The system has no watches left to give. */
const exhausted = new Set(["ENOSPC", "EMFILE", "ENFILE"]);
/** How often files are looked at where they cannot be watched. */
const pollIntervalMs = 1_000;
/** chokidar drops what follows a change of the same file within 50 ms: it is looked at once more after that. */
const lookAgainMs = 100;

/**
 * Says when a checkpoint, or its lock, changed on the disk. Watches the folders of the checkpoints, not deeper, and
 * falls back to looking again and again where the system's watches have run out.
 */
export class CheckpointWatcher {
  private watcher: FSWatcher | undefined;
  /** The folders of the checkpoints; those that are there are watched. */
  private folders = new Set<string>();
  private readonly watched = new Set<string>();
  /** Where a folder of checkpoints is to appear. */
  private readonly awaited = new Set<string>();
  private checkpoints = new Set<string>();
  private others = new Set<string>();
  private readonly lookingAgain = new Map<string, NodeJS.Timeout>();
  private polling = false;

  /**
   * @param onFolder a folder of checkpoints came or went, or a checkpoint in one came: what is to be watched should be
   *   given again
   * @param onOther another file of such a folder changed that may say something of a batch in it
   */
  constructor(
    private readonly onChange: (checkpoint: string) => void,
    private readonly onFolder: () => void,
    private readonly onOther: (path: string) => void,
    private readonly log: Log,
  ) {}

  /** Watches these checkpoints and, of other names than theirs, these files. A folder that is not there yet is waited for. */
  watch(checkpoints: readonly string[], others: readonly string[] = []): void {
    this.checkpoints = new Set(checkpoints);
    this.others = new Set(others);
    this.folders = new Set([...checkpoints, ...others].map((path) => dirname(path)));
    const removed = [...this.watched].filter((folder) => !this.folders.has(folder));
    for (const folder of removed) this.watched.delete(folder);
    if (removed.length > 0) this.watcher?.unwatch(removed);
    for (const folder of this.folders) {
      if (this.watched.has(folder)) continue;
      const isThere = existsSync(folder);
      const path = isThere ? folder : dirname(folder);
      const known = isThere ? this.watched : this.awaited;
      if (known.has(path)) continue;
      known.add(path);
      this.watcher ??= this.create();
      this.watcher.add(path);
    }
  }

  dispose(): void {
    for (const timer of this.lookingAgain.values()) clearTimeout(timer);
    this.lookingAgain.clear();
    void this.watcher?.close();
    this.watcher = undefined;
  }

  private create(): FSWatcher {
    const watcher = watch([], {
      depth: 0,
      // What came between the search for jobs and the first look here is told, too.
      ignoreInitial: false,
      followSymlinks: false,
      // A checkpoint never settles while its job runs.
      awaitWriteFinish: false,
      atomic: false,
      usePolling: this.polling,
      interval: pollIntervalMs,
      ignored: (path) => !this.concerns(path),
    });
    watcher.on("all", (event, path) => {
      if (event === "addDir" || event === "unlinkDir") return this.takeFolder(event, path);
      const checkpoint = path.replace(beside, "");
      if (this.checkpoints.has(checkpoint)) this.tell(checkpoint);
      else if (event === "add" && labelled.test(path)) this.onFolder();
      else if (this.others.has(path) || path.endsWith(".jsonl")) this.onOther(path);
    });
    watcher.on("error", (error) => this.fail(error));
    return watcher;
  }

  /** Tells at once, and again when what may have been dropped behind this change has happened. */
  private tell(checkpoint: string): void {
    clearTimeout(this.lookingAgain.get(checkpoint));
    const timer = setTimeout(() => {
      this.lookingAgain.delete(checkpoint);
      this.onChange(checkpoint);
    }, lookAgainMs);
    this.lookingAgain.set(checkpoint, timer);
    this.onChange(checkpoint);
  }

  private takeFolder(event: "addDir" | "unlinkDir", path: string): void {
    if (!this.folders.has(path)) return;
    if (event === "unlinkDir") this.watched.delete(path);
    if (!this.watched.has(path)) this.onFolder();
  }

  /** Also files that become checkpoints of jobs later. */
  private concerns(path: string): boolean {
    if (this.folders.has(path) || this.awaited.has(path)) return true;
    const bare = path.replace(beside, "");
    return this.checkpoints.has(bare) || this.others.has(path) || /\.(jsonl|ckpt)$/.test(bare);
  }

  private fail(error: unknown): void {
    const code = systemCodeOf(error) ?? "";
    if (!exhausted.has(code) || this.polling) return this.log.warn(`Watching checkpoints: ${String(error)}`);
    this.log.warn(
      `The system has no file watches left (${code}): checkpoints are looked at every second instead. On Linux, raise fs.inotify.max_user_watches.`,
    );
    this.polling = true;
    void this.watcher?.close();
    this.watcher = undefined;
    this.watched.clear();
    this.awaited.clear();
    this.onFolder();
  }
}
