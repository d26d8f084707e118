import { join } from "node:path";
import { root } from "../setup/root.js";
import type { Workbench } from "./page.js";

/** An extension that calls tools for language models as an agent does; to be linked beside ours. */
export const caller = join(root, "test/interface/fixtures/caller");

/** What it tells of a call is a notification: `agentJobs_resume_job answered: …`, or `refused: …`. */
export async function callTool(workbench: Workbench, tool: string, input: object): Promise<void> {
  await workbench.page.keyboard.press("Control+Alt+j");
  await workbench.answer(JSON.stringify([tool, input]));
}
