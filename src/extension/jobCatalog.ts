import { dirname, join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as vscode from "vscode";
import { Sleeps } from "../runtime/state/sleeps.js";
import type { Job, JobSource } from "./job.js";
import { type Log, unawaited } from "./log.js";
import { mapSome } from "./mapSome.js";
import type { ReadingThread } from "./reading/readingThread.js";
import { tellApart } from "./sameNames.js";
import { onDidChangeDiscovery } from "./settings.js";
import { CheckpointWatcher } from "./watching/checkpointWatcher.js";
import { FileFinder } from "./watching/fileFinder.js";
import { Beat, Pace } from "./watching/pace.js";
import { Turns } from "./watching/turns.js";

/** A job is read at once, and then about this often at most. */
const refreshIntervalMs = 250;
/** Folders are searched for jobs at most this often. */
const searchIntervalMs = 1_000;
/** So many jobs are made between two turns of everybody else. */
const jobsAtOnce = 50;
/** A process that is killed changes no file, and some mounts tell of no change: what runs is looked at this often. */
const liveCheckMs = 1_000;

const readerProgram = join(__dirname, "reader.js");

/** A run of a job that has ended while we watched. */
export interface EndedRun {
  job: Job;
  /** The lock's token, which names the run. */
  token: string;
}

/** The file whose lines are a job's total. */
function countedFile({ checkpoint, source }: Job): string | undefined {
  const total = source.watched?.mapping?.total;
  return typeof total === "object" && total !== null ? resolve(dirname(checkpoint), total.lines) : undefined;
}

/** The editor, and the features that listen here, have begun by then. */
async function activated(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

interface Entry {
  job: Job;
  pace: Pace;
}

/**
 * All jobs of the open folders, and the only source of events about them. A job is a job file with or without a
 * checkpoint, or a checkpoint alone.
 */
export class JobCatalog implements vscode.Disposable {
  private readonly jobsChanged = new vscode.EventEmitter<void>();
  private readonly jobChanged = new vscode.EventEmitter<Job>();
  private readonly anyChanged = new vscode.EventEmitter<void>();
  private readonly anyChange = new Pace(async () => this.anyChanged.fire(), refreshIntervalMs);
  private readonly runEnded = new vscode.EventEmitter<EndedRun>();
  /** Jobs came or went. */
  readonly onDidChangeJobs = this.jobsChanged.event;
  /** One job is not as it was. */
  readonly onDidChangeJob = this.jobChanged.event;
  /** Jobs came or went, or some are not as they were: at once, and then at most every 250 ms. For what looks at all of them. */
  readonly onDidChangeAny = this.anyChanged.event;
  /** A run has ended, in whatever way. */
  readonly onDidEndRun = this.runEnded.event;

  private entries = new Map<string, Entry>();
  private byCheckpoint = new Map<string, Entry>();
  private readonly watcher: CheckpointWatcher;
  private readonly finder: FileFinder;
  private readonly turns = new Turns();
  /** What ran meanwhile was neither silent nor at work. */
  readonly sleeps = new Sleeps();
  /** Jobs that run are read together, so that their rows can be drawn together. */
  private readonly beat = new Beat();
  private readonly reading = new Set<Promise<void>>();
  private thread: ReadingThread | undefined;
  private readonly search = new Pace(() => this.searchNow(), searchIntervalMs);
  private readonly subscriptions: vscode.Disposable[] = [];
  private liveCheck: NodeJS.Timeout | undefined;
  private searched: Promise<void> | undefined;
  private isWatching = false;
  /** Whether all jobs were looked for once. */
  isListed = false;
  private tellBegun = () => {};
  private readonly begun = new Promise<void>((resolve) => {
    this.tellBegun = resolve;
  });
  private disposed = false;

  constructor(private readonly log: Log) {
    this.watcher = new CheckpointWatcher(
      (checkpoint) => this.touch(checkpoint),
      () => this.searchSoon(),
      (path) => this.touchBeside(path),
      log,
    );
    this.finder = new FileFinder(() => this.searchSoon());
    const tellAny = () => void this.anyChange.request();
    this.subscriptions.push(
      this.jobsChanged.event(tellAny),
      this.jobChanged.event(tellAny),
      this.finder,
      onDidChangeDiscovery(() => this.searchAgain()),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.searchAgain()),
      // What can be done has changed with it, and what is looked for may have.
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.jobsChanged.fire();
        this.searchAgain();
      }),
    );
  }

  /** Begins to look for jobs. Resolves when they are listed for the first time, which nobody needs to await. */
  start(): Promise<void> {
    this.searched ??= this.search.request();
    return this.searched;
  }

  /** Resolves when some jobs are listed, or it is known that there are none. */
  async begin(): Promise<void> {
    unawaited(this.log, "Looking for jobs", this.start());
    await this.begun;
  }

  /** In the order of the view. */
  get jobs(): Job[] {
    return [...this.entries.values()].map((entry) => entry.job);
  }

  job(id: string): Job | undefined {
    return this.entries.get(id)?.job;
  }

  /** The job whose checkpoint or job file this is. */
  jobOf(uri: vscode.Uri): Job | undefined {
    if (uri.scheme !== "file") return undefined;
    return this.byCheckpoint.get(uri.fsPath)?.job ?? this.entries.get(uri.fsPath)?.job;
  }

  /** The job whose checkpoint this is. */
  jobOfCheckpoint(uri: vscode.Uri): Job | undefined {
    return uri.scheme === "file" ? this.byCheckpoint.get(uri.fsPath)?.job : undefined;
  }

  /** Looks for jobs again, and reads what changed in each. Resolves when all is read. */
  async refresh(): Promise<void> {
    await this.search.request();
    await mapSome([...this.entries.values()], (entry) => this.readWhole(entry));
  }

  /** Reads what is new in a job. Resolves when its listeners were told. */
  async refreshJob(job: Job): Promise<void> {
    const entry = this.entries.get(job.id);
    if (entry) await this.readWhole(entry);
  }

  /** Resolves when the jobs that are read now were read, and their listeners told. */
  async settled(): Promise<void> {
    await Promise.all(this.reading);
  }

  /** Tells listeners of what was changed on a job itself. */
  announce(job: Job): void {
    if (this.entries.get(job.id)?.job === job) this.jobChanged.fire(job);
  }

  dispose(): void {
    this.disposed = true;
    clearInterval(this.liveCheck);
    this.search.dispose();
    this.beat.dispose();
    this.thread?.dispose();
    this.anyChange.dispose();
    for (const { pace } of this.entries.values()) pace.dispose();
    this.watcher.dispose();
    for (const part of [
      ...this.subscriptions,
      this.jobsChanged,
      this.jobChanged,
      this.anyChanged,
      this.runEnded,
    ])
      part.dispose();
  }

  private searchSoon(): void {
    unawaited(this.log, "Looking for jobs", this.search.request());
  }

  private searchAgain(): void {
    this.finder.watch();
    this.searchSoon();
  }

  private async searchNow(): Promise<void> {
    try {
      if (!this.isWatching) {
        this.isWatching = true;
        await activated();
        this.finder.watch();
      }
      // What reads files is loaded in two parts, between which others have the thread.
      const { discoverJobs, findFiles, nearbyFiles, tellBadSetting } = await import("./discovery.js");
      const all = discoverJobs((what) => tellBadSetting(this.log, what), findFiles);
      // Whatever it ends with is met below.
      all.catch(() => {});
      if (!this.isListed) {
        const nearby = await discoverJobs(() => {}, nearbyFiles);
        if (nearby.length > 0) await this.list(nearby);
      }
      await this.list(await all);
      this.isListed = true;
    } catch (error) {
      this.log.error(`Looking for jobs: ${String(error)}`);
      // Nobody is to wait for what will not come.
      this.jobsChanged.fire();
    } finally {
      this.tellBegun();
    }
  }

  /** These are the jobs that there are. */
  private async list(sources: readonly JobSource[]): Promise<void> {
    const { Job, ReadingThread } = await import("./job.js");
    this.thread ??= new ReadingThread(readerProgram, ({ message }) =>
      this.log.warn(`Long checkpoints are read in the extension host: ${message}`),
    );
    const before = this.entries;
    const fresh: Entry[] = [];
    const entries = new Map<string, Entry>();
    for (const [i, source] of sources.entries()) {
      if (i > 0 && i % jobsAtOnce === 0) await nextTurn();
      const known = before.get(source.id);
      const isSame =
        known?.job.checkpoint === source.checkpoint &&
        known.job.jobFile === source.jobFile &&
        JSON.stringify(known.job.source.watched) === JSON.stringify(source.watched);
      const entry = isSame
        ? known
        : this.createEntry(new Job(source, this.turns.next, this.sleeps, this.thread));
      if (!isSame) fresh.push(entry);
      entries.set(source.id, entry);
    }
    if (this.disposed) return;
    this.entries = entries;
    for (const [id, entry] of before) if (this.entries.get(id) !== entry) entry.pace.dispose();
    this.byCheckpoint = new Map();
    for (const entry of this.entries.values()) this.byCheckpoint.set(entry.job.checkpoint, entry);
    const counted = [...this.entries.values()].flatMap(({ job }) => countedFile(job) ?? []);
    this.watcher.watch([...this.byCheckpoint.keys()], counted);
    const renamed = tellApart(this.jobs);
    const isChanged = fresh.length > 0 || renamed.length > 0 || before.size !== this.entries.size;
    if (isChanged || before.size === 0) this.jobsChanged.fire();
    this.tellBegun();
    // What was there already may have changed unseen, where its folder was not watched yet.
    unawaited(
      this.log,
      "Reading jobs",
      mapSome([...this.entries.values()], (entry) => entry.pace.request()),
    );
  }

  /** Reads what is new, and looks whether who holds it still lives. */
  private readWhole({ job, pace }: Entry): Promise<void> {
    job.doubtHolder();
    return pace.request();
  }

  private createEntry(job: Job): Entry {
    const read = async () => {
      const reading = this.readJob(job);
      this.reading.add(reading);
      await reading.finally(() => this.reading.delete(reading));
    };
    return { job, pace: new Pace(read, refreshIntervalMs, this.beat) };
  }

  private touch(checkpoint: string): void {
    const entry = this.byCheckpoint.get(checkpoint);
    if (entry) unawaited(this.log, checkpoint, entry.pace.request());
  }

  /** Files of other tools may be read together with those beside them. */
  private touchBeside(path: string): void {
    for (const { job } of this.entries.values()) {
      const isBeside = job.view?.foreign === "openai-batch" && dirname(job.checkpoint) === dirname(path);
      if (isBeside || countedFile(job) === path) this.touch(job.checkpoint);
    }
  }

  private async readJob(job: Job): Promise<void> {
    // Of jobs that are to be read together, each begins in a turn of its own.
    await this.turns.next();
    const held = job.holder?.token;
    const before = job.loaded ? job.latestToken : null;
    const clearedBefore = job.cleared?.atMs;
    const nameBefore = job.ownName;
    const changed = await job.refresh();
    // Of jobs that are read together, each is drawn in a turn of its own.
    await this.turns.next();
    if (this.disposed || this.entries.get(job.id)?.job !== job) return;
    this.checkLive();
    const renamed = job.ownName === nameBefore ? [] : tellApart(this.jobs);
    if (changed) this.jobChanged.fire(job);
    for (const other of renamed) if (other !== job || !changed) this.jobChanged.fire(other);
    if (held !== undefined && job.holder?.token !== held) this.runEnded.fire({ job, token: held });
    // A run may be over before it was ever seen to hold its job.
    const { latestToken } = job;
    const isUnseen = before !== null && latestToken !== before && latestToken !== held && !job.holder;
    if (isUnseen && latestToken !== "") this.runEnded.fire({ job, token: latestToken });
    // Or over and cleared before there was anything to see.
    const { cleared } = job;
    if (before === "" && held === undefined && cleared && cleared.atMs !== clearedBefore)
      this.runEnded.fire({ job, token: `cleared at ${cleared.atMs}` });
  }

  /** Keeps looking while something runs, and stops with the last run. */
  private checkLive(): void {
    const live = [...this.entries.values()].some((entry) => entry.job.holder !== null);
    if (!live) {
      clearInterval(this.liveCheck);
      this.liveCheck = undefined;
      this.sleeps.rest();
      return;
    }
    this.liveCheck ??= setInterval(() => {
      this.sleeps.at(Date.now());
      for (const entry of this.entries.values())
        if (entry.job.holder !== null) unawaited(this.log, entry.job.checkpoint, this.checkLiveJob(entry));
    }, liveCheckMs);
  }

  private async checkLiveJob(entry: Entry): Promise<void> {
    await this.readWhole(entry);
    // Time alone changes what is shown: the estimate, and a run that has stalled.
    this.announce(entry.job);
  }
}
