import { dirname } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { systemCodeOf } from "../../runtime/errors.js";
import type { Log } from "../log.js";

/** What lies beside a checkpoint and says something about its job. */
const beside = /\.(lock|stop|events)$/;
/** The system has no watches left to give. */
const exhausted = new Set(["ENOSPC", "EMFILE", "ENFILE"]);
/** How often files are looked at where they cannot be watched. */
const pollIntervalMs = 1_000;

/**
 * Says when a checkpoint, or its lock, changed on the disk. Watches the folders of the checkpoints, not deeper, and
 * falls back to looking again and again where the system's watches have run out.
 */
export class CheckpointWatcher {
  private watcher: FSWatcher | undefined;
  private folders = new Set<string>();
  private checkpoints = new Set<string>();
  private polling = false;

  constructor(
    private readonly onChange: (checkpoint: string) => void,
    private readonly log: Log,
  ) {}

  /** Watches these checkpoints and no others. A folder that is not there yet is watched once it is given again. */
  watch(checkpoints: readonly string[]): void {
    this.checkpoints = new Set(checkpoints);
    const wanted = new Set(checkpoints.map((path) => dirname(path)));
    const added = [...wanted].filter((folder) => !this.folders.has(folder));
    const removed = [...this.folders].filter((folder) => !wanted.has(folder));
    this.folders = wanted;
    if (removed.length > 0) this.watcher?.unwatch(removed);
    if (added.length === 0) return;
    this.watcher ??= this.create();
    this.watcher.add(added);
  }

  dispose(): void {
    void this.watcher?.close();
    this.watcher = undefined;
  }

  private create(): FSWatcher {
    const { polling } = this;
    const watcher = watch([], {
      depth: 0,
      ignoreInitial: true,
      followSymlinks: false,
      // A checkpoint never settles while its job runs.
      awaitWriteFinish: false,
      atomic: false,
      usePolling: polling,
      interval: pollIntervalMs,
      ignored: (path) => !this.folders.has(path) && !this.concerns(path),
    });
    watcher.on("all", (_event, path) => {
      const checkpoint = path.replace(beside, "");
      if (this.checkpoints.has(checkpoint)) this.onChange(checkpoint);
    });
    watcher.on("error", (error) => this.fail(error));
    return watcher;
  }

  /** Also files that become checkpoints of jobs later. */
  private concerns(path: string): boolean {
    const bare = path.replace(beside, "");
    return this.checkpoints.has(bare) || /\.(jsonl|ckpt)$/.test(bare);
  }

  private fail(error: unknown): void {
    const code = systemCodeOf(error) ?? "";
    if (!exhausted.has(code) || this.polling) return this.log.warn(`Watching checkpoints: ${String(error)}`);
    this.log.warn(
      `The system has no file watches left (${code}): checkpoints are looked at every second instead. On Linux, raise fs.inotify.max_user_watches.`,
    );
    this.polling = true;
    void this.watcher?.close();
    this.watcher = this.create();
    this.watcher.add([...this.folders]);
  }
}
