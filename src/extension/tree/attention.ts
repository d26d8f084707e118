import { lookOf } from "../../view/jobRow.js";
import type { Job } from "../job.js";

const needy = new Set(["damaged", "finished-with-failures", "stalled"]);

/** Whether a job waits for a person: it is damaged, has ended with failed items, or goes on without getting on. */
export function needsPerson(job: Job): boolean {
  return job.loaded && needy.has(lookOf(job.view));
}
