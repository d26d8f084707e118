import { stat } from "node:fs/promises";
import { CheckpointFollower } from "../../runtime/store/follow.js";
import { DashboardTimeline } from "../../view/dashboard/timeline.js";
import { type JobView, jobView } from "../../view/jobView.js";
import type { Job } from "../job.js";

/**
 * Reads a job's checkpoint for what it tells over time, once from its beginning and then what is new. The follower reads
 * in chunks that take a few milliseconds each, and others come to their turn in between.
 */
export class DashboardReading {
  timeline = new DashboardTimeline(0);
  private follower: CheckpointFollower | undefined;

  constructor(private readonly job: Job) {}

  /** @throws AgentJobsError AJ_NOT_A_FILE, AJ_READ */
  async refresh(): Promise<void> {
    const { checkpoint, source } = this.job;
    const sizeBytes = await stat(checkpoint).then(
      ({ size }) => size,
      () => 0,
    );
    if (!this.follower) {
      this.timeline = new DashboardTimeline(sizeBytes);
      const follower = new CheckpointFollower(checkpoint, {
        readAs: source.watched ?? {},
        onRecord: (scanned) => this.timeline.take(scanned, follower.state),
        onRestart: () => {
          this.timeline = new DashboardTimeline(sizeBytes);
        },
      });
      this.follower = follower;
    }
    await this.follower.refresh();
  }

  /** The job by what was read here: what is counted over time and what is counted in all are of one moment. */
  view(): JobView | null {
    const { follower, job } = this;
    const now = job.view;
    if (!follower || !now) return now;
    return jobView({
      ...{ checkpoint: job.checkpoint, fallbackName: job.source.name, state: follower.state },
      ...{ scan: follower.summary(), holder: job.holder, nowMs: Date.now(), stopping: job.stopping },
      ...{ readError: now.error, placeWarning: now.placeWarning },
    });
  }
}
