import { stat } from "node:fs/promises";
import { CheckpointFollower } from "../../runtime/store/follow.js";
import { DashboardTimeline } from "../../view/dashboard/timeline.js";
import { type JobView, jobView } from "../../view/jobView.js";
import type { Job } from "../job.js";
import { Turns } from "../watching/turns.js";

/** What is read is shown before all is, at most this often. */
const partIntervalMs = 250;

/**
 * Reads a job's checkpoint for what it tells over time, once from its beginning and then what is new. It is read in
 * pieces that take a few milliseconds each, and others come to their turn in between.
 */
export class DashboardReading {
  timeline = new DashboardTimeline(0);
  private follower: CheckpointFollower | undefined;
  private readonly turns = new Turns();
  private readBytes = 0;
  private sizeBytes = 0;
  private toldAtMs = 0;
  private onPart: (share: number) => void = () => {};

  constructor(private readonly job: Job) {}

  /**
   * @param onPart told now and then how much was read, from 0 to 1, while there is more
   * @throws AgentJobsError AJ_NOT_A_FILE, AJ_READ
   */
  async refresh(onPart: (share: number) => void): Promise<void> {
    this.onPart = onPart;
    this.sizeBytes = await stat(this.job.checkpoint).then(
      ({ size }) => size,
      () => 0,
    );
    this.toldAtMs = performance.now();
    this.follower ??= this.begin();
    await this.follower.refresh();
  }

  /** The job by what was read here: what is counted over time and what is counted in all are of one moment. */
  view(): JobView | null {
    const { follower, job } = this;
    const now = job.view;
    if (!follower || !now) return now;
    return jobView({
      ...{ checkpoint: job.checkpoint, fallbackName: job.source.name, state: follower.state },
      ...{ scan: follower.summary(), holder: job.holder, lost: job.lost, nowMs: Date.now() },
      ...{ stopping: job.stopping, readError: now.error, placeWarning: now.placeWarning },
      // One estimate, wherever it is told.
      ...{ goneJobFile: now.goneJobFile, estimate: () => now.status.eta },
    });
  }

  private begin(): CheckpointFollower {
    const { checkpoint, source } = this.job;
    this.restart();
    const follower: CheckpointFollower = new CheckpointFollower(checkpoint, {
      readAs: source.watched ?? {},
      onRecord: (scanned) => {
        this.readBytes += scanned.lengthBytes;
        this.timeline.take(scanned, follower.state);
      },
      onRestart: () => this.restart(),
      turn: () => this.turn(),
    });
    return follower;
  }

  private restart(): void {
    this.timeline = new DashboardTimeline(this.sizeBytes);
    this.readBytes = 0;
  }

  private async turn(): Promise<void> {
    await this.turns.next();
    if (performance.now() - this.toldAtMs < partIntervalMs) return;
    this.toldAtMs = performance.now();
    this.onPart(Math.min(1, this.readBytes / Math.max(1, this.sizeBytes)));
    await this.turns.next();
  }
}
