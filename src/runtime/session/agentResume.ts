import type { CheckpointStore } from "../store/store.js";
import { openSession, type SessionOptions } from "./openSession.js";
import type { Session } from "./session.js";

/**
 * Resumable loops, as the agent-resume articles show them:
 *
 * ```ts
 * const agent = new AgentResume({ store: new JsonlStore("./checkpoints/batch-job-42.jsonl") });
 * await agent.resumeOrStart("batch-job-42", async (session) => {
 *   for (const item of session.remaining(allItems)) await session.markDone(item.id, await processItem(item));
 * });
 * ```
 */
export class AgentResume {
  readonly store: CheckpointStore;

  constructor(options: { store: CheckpointStore }) {
    this.store = options.store;
  }

  /** Opens a run of a job, fresh or resumed. Close it (`await using`, or `close` in a `finally`). */
  resumeOrStart(jobId: string, options?: SessionOptions): Promise<Session>;
  /** Opens a run, calls `work` with it, and closes it whatever happens. Resolves with what `work` gives. */
  resumeOrStart<T>(
    jobId: string,
    work: (session: Session) => Promise<T>,
    options?: SessionOptions,
  ): Promise<T>;
  async resumeOrStart<T>(
    jobId: string,
    workOrOptions?: ((session: Session) => Promise<T>) | SessionOptions,
    options?: SessionOptions,
  ): Promise<Session | T> {
    const work = typeof workOrOptions === "function" ? workOrOptions : undefined;
    const { session } = await openSession(
      this.store,
      jobId,
      work ? options : (workOrOptions as SessionOptions),
    );
    session.watchForStop();
    if (!work) return session;
    try {
      return await work(session);
    } catch (error) {
      session.endAs("error");
      throw error;
    } finally {
      await session.close();
    }
  }
}
