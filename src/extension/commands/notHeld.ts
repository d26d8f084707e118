import * as vscode from "vscode";
import { liveHolder } from "../../runtime/store/lockHolder.js";
import { labelText } from "../../view/text.js";
import type { Job } from "../job.js";

/**
 * Refuses to change a checkpoint that a run writes to.
 * @param then what to do once it has ended, as the end of a sentence
 * @throws Error saying who holds the job
 */
export async function requireNotHeld(job: Job, then: string): Promise<void> {
  const holder = await liveHolder(job.checkpoint);
  if (!holder) return;
  throw new Error(
    vscode.l10n.t(
      "{0} is running (pid {1} on {2}) and writes to this checkpoint: stop it or wait for its end, {3}.",
      labelText(job.name),
      holder.pid,
      labelText(holder.host),
      then,
    ),
  );
}
