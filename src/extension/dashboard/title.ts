import { labelText, shortText } from "../../view/text.js";
import type { Job } from "../job.js";

/** What the tab of a job's dashboard is called. */
export const titleOf = (job: Job): string => labelText(shortText(job.name, 60));
