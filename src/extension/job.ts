import { access, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "../runtime/errors.js";
import type { ReadAs } from "../runtime/foreign/scannerFor.js";
import type { LastClear } from "../runtime/lastClear.js";
import { namedPlace } from "../runtime/runner/namedPlace.js";
import { latestRun } from "../runtime/state/jobState.js";
import type { Sleeps } from "../runtime/state/sleeps.js";
import type { Holder, LostRun } from "../runtime/state/status.js";
import { folderWarning } from "../runtime/store/folderRisk.js";
import { CheckpointFollower } from "../runtime/store/follow.js";
import { LockFollower } from "../runtime/store/lockHolder.js";
import { isStopRequested } from "../runtime/store/stopRequest.js";
import { type Capability, capabilitiesOf } from "../view/capabilities.js";
import { type JobView, jobView } from "../view/jobView.js";
import { hasBackup } from "./backupLook.js";
import type { ReadingThread } from "./reading/readingThread.js";
import { RecentEta } from "./recentEta.js";

// Loaded with the first job, by whom makes them.
export { ReadingThread } from "./reading/readingThread.js";

/** What discovery knows of a job without reading its records. */
export interface JobSource {
  /** Stays the same while the job is run, repaired and cleared. */
  id: string;
  /** Its name until a header says otherwise. */
  name: string;
  /** The run's label, by the checkpoint's name. */
  label: string | null;
  /** Absolute path; null for a checkpoint alone. */
  jobFile: string | null;
  /** Absolute path; need not exist yet. */
  checkpoint: string;
  /** A person chose to watch this file, and how it is read where its content does not tell. */
  watched?: ReadAs;
}

/** Whether a run was asked to stop is looked at this often; at once where it was asked here. */
const stopLookMs = 900;

/** A moment's view of a running job is good for this long: its items in flight grow older, and its estimate with them. */
const viewAgeMs = 900;

/** One job of the catalog: follows its checkpoint, and knows who holds it. */
export class Job {
  holder: Holder | null = null;
  /** What a lock tells that a run left behind which no longer lives. */
  lost: LostRun | null = null;
  /** Somebody asked the run that holds the job to stop in order. */
  stopping = false;
  /** We launched a run that does not hold the job yet. */
  starting = false;
  /** An item of it is being debugged: whoever does that hears of its end by other means. */
  isDebugged = false;
  /** False until the checkpoint was read for the first time. */
  loaded = false;
  /** Of a job without a checkpoint: what a backup tells of the one that it had. */
  cleared: LastClear | null = null;
  /** See `JobView`. */
  private goneJobFile: string | null = null;
  /** Beside its checkpoint, be that there or not. */
  private hasBackup = false;
  private readonly follower: CheckpointFollower;
  private readonly lock: LockFollower;
  /** The state of the folder in which `cleared` was looked for; a backup that is made changes it. */
  private lookedForClearMs: number | undefined;
  /** The run that was last looked at for a stop request, and when. */
  private stopLook: { token: string; atMs: number } | undefined;
  private readError: string | null = null;
  /** What is risky about where the checkpoint lies; undefined until it was there to be looked at. */
  private placeWarning: string | null | undefined;
  /** What tells it apart from others of its name; empty where nothing has to. */
  private distinction = "";
  private readonly eta = new RecentEta();
  private viewed: { view: JobView | null; atMs: number } | undefined;

  /**
   * @param turn see `FollowOptions.turn`
   * @param sleeps of the machine, while any job ran
   * @param thread reads its checkpoint for the first time
   */
  constructor(
    readonly source: JobSource,
    turn: () => Promise<void>,
    private readonly sleeps: Sleeps,
    thread?: ReadingThread,
  ) {
    this.lock = new LockFollower(source.checkpoint);
    this.follower = new CheckpointFollower(source.checkpoint, {
      readAs: source.watched ?? {},
      turn,
      ...(thread && { readFirst: thread.read }),
    });
  }

  /** The checkpoint and, of another tool's batch, the files beside it whose rows are counted with it. */
  get paths(): string[] {
    return this.follower.paths;
  }

  get id(): string {
    return this.source.id;
  }

  get checkpoint(): string {
    return this.source.checkpoint;
  }

  get jobFile(): string | null {
    return this.source.jobFile;
  }

  /** The job's name, as its header or its file has it. */
  get ownName(): string {
    return this.follower.state.job ?? this.source.name;
  }

  /** Its name as people read it: told apart from other jobs of the same name. */
  get name(): string {
    return this.distinction === "" ? this.ownName : `${this.ownName} (${this.distinction})`;
  }

  /** Says what tells it apart from others of its name. Whether that is new. */
  distinguish(distinction: string): boolean {
    if (this.distinction === distinction) return false;
    this.distinction = distinction;
    this.viewed = undefined;
    return true;
  }

  /** The job as it is now; null where it never ran. */
  get view(): JobView | null {
    const nowMs = Date.now();
    // Also where the clock was set back.
    if (!this.viewed || (this.holder && Math.abs(nowMs - this.viewed.atMs) > viewAgeMs))
      this.viewed = { view: this.render(nowMs), atMs: nowMs };
    return this.viewed.view;
  }

  /** The lock's token of the latest run; empty before the first. */
  get latestToken(): string {
    return latestRun(this.follower.state)?.token ?? "";
  }

  capabilities(trusted: boolean): Set<Capability> {
    return this.loaded && !this.starting
      ? capabilitiesOf({
          ...{ view: this.view, hasJobFile: this.jobFile !== null, trusted },
          hasBackup: this.hasBackup,
        })
      : new Set();
  }

  /** Resolves when asking for its items takes no long time. */
  unpack(): Promise<void> {
    return this.follower.unpack();
  }

  /** Whether the run that holds the job still lives, and was asked to stop, is looked at with the next refresh. */
  doubtHolder(): void {
    this.lock.doubt();
    this.stopLook = undefined;
  }

  /** Reads what is new. Resolves with whether anything changed; what cannot be read becomes the view's error. */
  async refresh(): Promise<boolean> {
    const before = this.mark();
    let grown = false;
    try {
      // The lock first: a run writes its last records before it gives the lock back.
      const { holder, lost } = await this.lock.look();
      this.lost = lost;
      // What we hold ourselves is being repaired, cleared or brought back; it does not run.
      this.holder = holder?.local && holder.pid === process.pid ? null : holder;
      await this.lookForStop();
      grown = await this.follower.refresh();
      // What counts them in every view asks for all of them.
      if (this.holder || this.follower.state.presence.size > 0) await this.follower.unpack();
      this.readError = null;
      await this.lookForClear();
      // A live job is neither brought back nor run: it need not be looked for while its checkpoint grows.
      if (!this.holder) await this.lookBeside();
      if (this.placeWarning === undefined && this.follower.exists)
        this.placeWarning = await folderWarning(this.checkpoint, "The checkpoint");
    } catch (error) {
      this.readError = messageOf(error);
    }
    if (this.holder) this.starting = false;
    this.loaded = true;
    const changed = grown || this.mark() !== before;
    if (changed) this.viewed = undefined;
    return changed;
  }

  private async lookForStop(): Promise<void> {
    const { holder, stopLook } = this;
    const nowMs = performance.now();
    if (holder && stopLook?.token === holder.token && nowMs - stopLook.atMs < stopLookMs) return;
    this.stopLook = holder ? { token: holder.token, atMs: nowMs } : undefined;
    this.stopping = holder !== null && (await isStopRequested(this.checkpoint, holder.token));
  }

  /** A run may have begun, ended and been cleared between two looks at its checkpoint. */
  private async lookForClear(): Promise<void> {
    if (this.follower.exists) {
      [this.cleared, this.lookedForClearMs] = [null, undefined];
      return;
    }
    const folder = await stat(dirname(this.checkpoint)).catch(() => undefined);
    const folderMs = folder?.mtimeMs ?? 0;
    if (folderMs === this.lookedForClearMs) return;
    this.lookedForClearMs = folderMs;
    const { lastClear } = await import("../runtime/lastClear.js");
    this.cleared = await lastClear(this.checkpoint);
  }

  private async lookBeside(): Promise<void> {
    this.hasBackup = await hasBackup(this.checkpoint);
    const named = this.jobFile === null ? this.follower.state.jobFile : null;
    const place = named === null ? undefined : namedPlace(dirname(this.checkpoint), named);
    const isGone =
      place !== undefined &&
      !(await access(place).then(
        () => true,
        () => false,
      ));
    this.goneJobFile = isGone ? named : null;
  }

  private mark(): string {
    return [
      this.holder?.token,
      this.lost?.token,
      this.stopping,
      this.loaded,
      this.readError,
      this.follower.exists,
      this.cleared?.atMs,
      this.hasBackup,
      this.goneJobFile,
    ].join("|");
  }

  private render(nowMs: number): JobView | null {
    const { follower, holder, lost, readError, stopping, source, placeWarning, goneJobFile } = this;
    if (!follower.exists && !holder && readError === null) return null;
    const view = jobView({
      checkpoint: source.checkpoint,
      fallbackName: source.name,
      state: follower.state,
      scan: follower.summary(),
      holder,
      lost,
      nowMs,
      readError,
      stopping,
      placeWarning: placeWarning ?? null,
      goneJobFile,
      estimate: this.eta.of,
      ...(holder && { asleep: this.sleeps.at(nowMs) }),
    });
    return { ...view, name: this.name };
  }
}
