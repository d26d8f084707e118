import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FSWatcher } from "chokidar";
import { systemCodeOf } from "../../runtime/errors.js";
import type { Log } from "../log.js";
import { FolderNames } from "./folderNames.js";

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
/** chokidar looks at a file with each write to it: one that grows is left to its folder until nothing was written for so long. */
const restMs = 2_000;

/**
 * Says when a checkpoint, or its lock, changed on the disk: chokidar watches the files, and the system tells which come to
 * their folders. Where the system's watches have run out, chokidar looks at the folders again and again instead.
 * chokidar has a file that grows when it has come to rest. It loses one that goes and comes back while it looks: it is given
 * anew then, and what the system tells of the folder counts as well.
 */
export class CheckpointWatcher {
  private files: Promise<FSWatcher> | undefined;
  /** The files that chokidar was given, or the folders where it polls. */
  private readonly given = new Set<string>();
  private folders = new Set<string>();
  private checkpoints = new Set<string>();
  private others = new Set<string>();
  private readonly names: FolderNames;
  /** Files that were just told of, with when they are looked at again. */
  private readonly lookingAgain = new Map<string, NodeJS.Timeout>();
  /** Those of them that changed since. */
  private readonly changedSince = new Set<string>();
  /** Files that grow, with when chokidar has them again. */
  private readonly resting = new Map<string, NodeJS.Timeout | undefined>();
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
  ) {
    this.names = new FolderNames(
      (path, isNew) => this.takeName(path, isNew),
      onFolder,
      (error) => this.fail(error),
    );
  }

  /** Watches these checkpoints and, of other names than theirs, these files. A folder that is not there yet is waited for. */
  watch(checkpoints: readonly string[], others: readonly string[] = []): void {
    this.checkpoints = new Set(checkpoints);
    this.others = new Set(others);
    this.folders = new Set([...checkpoints, ...others].map((path) => dirname(path)));
    if (this.polling) return this.poll();
    const gone = [...this.given].filter((path) => !this.concerns(path) || !this.folders.has(dirname(path)));
    this.leave(gone);
    for (const folder of this.names.watch(this.folders)) void this.giveFilesOf(folder);
  }

  dispose(): void {
    for (const timer of [...this.lookingAgain.values(), ...this.resting.values()]) clearTimeout(timer);
    this.lookingAgain.clear();
    this.resting.clear();
    this.names.dispose();
    this.close();
  }

  /** One that is not there is waited for in the folder above. */
  private poll(): void {
    const wanted = new Set([...this.folders].map((path) => (existsSync(path) ? path : dirname(path))));
    this.leave([...this.given].filter((folder) => !wanted.has(folder)));
    this.give([...wanted]);
  }

  private async giveFilesOf(folder: string): Promise<void> {
    // A folder that is gone meanwhile is told of by its watcher.
    const names = await readdir(folder).catch(() => []);
    if (this.polling || !this.folders.has(folder)) return;
    this.give(names.map((name) => join(folder, name)).filter((path) => this.concerns(path)));
  }

  private give(paths: readonly string[]): void {
    const fresh = paths.filter((path) => !this.given.has(path));
    if (fresh.length === 0) return;
    for (const path of fresh) this.given.add(path);
    this.files ??= this.create();
    this.tellChokidar((files) => files.add(fresh));
  }

  private leave(paths: readonly string[]): void {
    if (paths.length === 0) return;
    for (const path of paths) this.given.delete(path);
    this.tellChokidar((files) => files.unwatch([...paths]));
  }

  private tellChokidar(tell: (files: FSWatcher) => unknown): void {
    this.files?.then(tell).catch((error: unknown) => this.fail(error));
  }

  private close(): void {
    this.tellChokidar((files) => files.close());
    this.files = undefined;
  }

  /** chokidar is loaded with the first file that there is to watch. */
  private async create(): Promise<FSWatcher> {
    const { watch } = await import("chokidar");
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
      // A file that is gone makes chokidar watch its folder.
      ignored: (path) =>
        !this.concerns(path) && !(this.polling && (this.folders.has(path) || this.given.has(path))),
    });
    watcher.on("all", (event, path) => {
      if (event === "addDir" || event === "unlinkDir") return this.takePolledFolder(event, path);
      if (event === "unlink" && !this.polling) this.renew(path);
      if (event === "change" && !this.polling) this.rest(path);
      this.take(path, event === "add");
    });
    watcher.on("error", (error) => this.fail(error));
    return watcher;
  }

  private takeName(path: string, isNew: boolean): void {
    if (!isNew) {
      const checkpoint = path.replace(beside, "");
      if (this.checkpoints.has(checkpoint)) this.tell(checkpoint);
    } else if (this.concerns(path)) {
      this.renew(path);
      this.take(path, true);
    }
  }

  /** Watches a path's file of now, where there is one. */
  private renew(path: string): void {
    clearTimeout(this.resting.get(path));
    this.resting.delete(path);
    this.leave([path]);
    this.give([path]);
  }

  private take(path: string, mayBeNew: boolean): void {
    const checkpoint = path.replace(beside, "");
    if (this.checkpoints.has(checkpoint)) this.tell(checkpoint);
    else if (mayBeNew && labelled.test(path)) this.onFolder();
    else if (this.others.has(path) || path.endsWith(".jsonl")) this.onOther(path);
  }

  /** Tells at once, and again when what may have been dropped behind this change has happened. */
  private tell(checkpoint: string): void {
    if (this.lookingAgain.has(checkpoint)) {
      this.changedSince.add(checkpoint);
      return;
    }
    if (this.resting.has(checkpoint)) {
      clearTimeout(this.resting.get(checkpoint));
      this.resting.set(checkpoint, undefined);
    }
    this.lookAgain(checkpoint);
    this.onChange(checkpoint);
  }

  private lookAgain(checkpoint: string): void {
    const look = () => {
      this.lookingAgain.delete(checkpoint);
      if (this.changedSince.delete(checkpoint)) this.lookAgain(checkpoint);
      else if (this.resting.has(checkpoint))
        this.resting.set(
          checkpoint,
          setTimeout(() => this.wake(checkpoint), restMs),
        );
      this.onChange(checkpoint);
    };
    this.lookingAgain.set(checkpoint, setTimeout(look, lookAgainMs));
  }

  private rest(path: string): void {
    // Others are told of by chokidar alone.
    if (!this.checkpoints.has(path) || !this.names.watches(dirname(path))) return;
    this.resting.set(path, undefined);
    this.leave([path]);
  }

  private wake(path: string): void {
    this.resting.delete(path);
    if (!this.polling && this.folders.has(dirname(path))) this.give([path]);
  }

  private takePolledFolder(event: "addDir" | "unlinkDir", path: string): void {
    if (!this.folders.has(path)) return;
    if (event === "unlinkDir") this.given.delete(path);
    if (!this.given.has(path)) this.onFolder();
  }

  /** Also files that become checkpoints of jobs later. */
  private concerns(path: string): boolean {
    if (this.folders.has(path)) return false;
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
    this.names.dispose();
    this.close();
    this.given.clear();
    for (const timer of this.resting.values()) clearTimeout(timer);
    this.resting.clear();
    this.onFolder();
  }
}
