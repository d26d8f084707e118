import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, extname } from "node:path";
import * as vscode from "vscode";
import { type ItemKey, idText } from "../../runtime/format/itemId.js";
import { isPythonWorker } from "../../runtime/runner/workerDebugger.js";
import { discardTrial, readTrial } from "../../runtime/trial.js";
import { labelText, shortText, timeText, usdText } from "../../view/text.js";
import { requireNotHeld } from "../commands/notHeld.js";
import { mayWrite } from "../commands/place.js";
import type { Handler, Services } from "../commands/services.js";
import { jobOf, requireTrust, targetOf } from "../commands/target.js";
import type { Job } from "../job.js";
import type { TreeNode } from "../tree/nodes/node.js";
import { debugNode } from "./debugNode.js";
import { debugPython, findPythonDebugger } from "./debugPython.js";
import { askOverTrial, shownId } from "./settleTrial.js";

export { settleTrial } from "./settleTrial.js";

/** Runs one failed or doubtful item under a debugger, then asks whether its result is kept. */
export const debugItem: Handler = async (services, argument) => {
  requireTrust();
  const job =
    jobOf(services.catalog, argument) ??
    (await targetOf(
      services.catalog,
      undefined,
      ["hasFailures", "markable"],
      vscode.l10n.t("Debug an item of which job?"),
    ));
  if (!job) return;
  const { itemKey } = (argument ?? {}) as Partial<TreeNode>;
  const item = itemKey ?? (await pickItem(job));
  if (item !== undefined) await debug(services, job, item);
};

const maxPicks = 1_000;

async function pickItem(job: Job): Promise<ItemKey | undefined> {
  const { failedItems = [], inDoubtItems = [] } = job.view?.status ?? {};
  const picks = [...failedItems, ...inDoubtItems].slice(0, maxPicks).map(({ item, open }) => ({
    label: labelText(shortText(idText(item), 80)),
    description: open.failure ? labelText(shortText(open.failure.message, 120)) : vscode.l10n.t("in doubt"),
    item,
  }));
  const placeHolder = vscode.l10n.t("Debug which item of {0}?", labelText(job.name));
  return (await vscode.window.showQuickPick(picks, { placeHolder, matchOnDescription: true }))?.item;
}

async function debug(services: Services, job: Job, item: ItemKey): Promise<void> {
  if (job.jobFile === null)
    throw new Error(
      vscode.l10n.t(
        "{0} has no job file here, which says how its items are done. Nothing was run.",
        labelText(job.name),
      ),
    );
  // One result at a time: what was paid for is not thrown away unasked.
  const waiting = await readTrial(job.checkpoint);
  if (waiting?.done && job.holder === null) return askOverTrial(services, job);
  const then = vscode.l10n.t("then debug its item");
  await requireNotHeld(job, then);
  if (!(await mayWrite(job.checkpoint, job.name))) return;
  const isPython = await needsPythonDebugger(job, job.jobFile);
  if (isPython && !(await findPythonDebugger())) return;
  if (!(await agreed(job, item))) return;
  await requireNotHeld(job, then);
  const attemptBefore = job.view?.state.open.get(item)?.attempt ?? 0;
  const name = vscode.l10n.t("{0} of {1}", shownId(item), labelText(job.name));
  const args = [
    `--item=${item}`,
    "--no-time-limit",
    ...(job.view?.status.damaged ? ["--on-damage", "continue"] : []),
  ];
  const trial = randomUUID();
  job.isDebugged = true;
  try {
    if (isPython) await debugPython(services, job, { name, trial, args, folder: dirname(job.jobFile) });
    else await debugNode(services, job, { name, trial, args });
    await services.catalog.refreshJob(job);
  } finally {
    job.isDebugged = false;
  }
  await tellEnd(services, job, item, attemptBefore);
}

/**
 * Whether a job is done by a Python worker. What job files in TypeScript and JavaScript say is not looked into.
 * @throws Error where it is done by a program that no debugger here knows
 */
async function needsPythonDebugger(job: Job, jobFile: string): Promise<boolean> {
  if (extname(jobFile) !== ".json") return false;
  const { worker } = JSON.parse(await readFile(jobFile, "utf8")) as { worker?: string[] };
  if (Array.isArray(worker) && isPythonWorker(worker)) return true;
  if (Array.isArray(worker) && /(^|[\\/])node(\.exe)?$/.test(worker[0] ?? "")) return false;
  throw new Error(
    vscode.l10n.t(
      "{0} is done by a program that cannot be debugged from here: only jobs in JavaScript and TypeScript, and workers that Node or Python runs. Nothing was run.",
      labelText(job.name),
    ),
  );
}

async function agreed(job: Job, item: ItemKey): Promise<boolean> {
  const spent = job.view?.state.usage.usd;
  const detail = [
    vscode.l10n.t(
      "It is done once more, for real: it calls what it always calls, and what that costs counts in the job, whatever becomes of its result.",
    ),
    vscode.l10n.t(
      "Its result is recorded only if you choose to keep it afterwards. Time limits are off meanwhile, and no run of the job can start.",
    ),
    ...(job.view?.status.damaged
      ? [vscode.l10n.t("The checkpoint is damaged: what is lost with that stays lost.")]
      : []),
    ...(spent == null ? [] : [vscode.l10n.t("So far the job has spent {0}.", usdText(spent))]),
  ].join("\n\n");
  const yes = vscode.l10n.t("Debug");
  const question = vscode.l10n.t("Debug {0} of {1}?", shownId(item), labelText(job.name));
  return (await vscode.window.showInformationMessage(question, { modal: true, detail }, yes)) === yes;
}

async function tellEnd(services: Services, job: Job, item: ItemKey, attemptBefore: number): Promise<void> {
  services.items.refresh(job);
  const trial = await readTrial(job.checkpoint);
  if (trial?.done) return askOverTrial(services, job);
  const name = shownId(item);
  const open = job.view?.state.open.get(item);
  if (!open || open.attempt <= attemptBefore) {
    void vscode.window.showWarningMessage(
      vscode.l10n.t("{0} was not begun: see the Debug Console for why. Nothing was recorded of it.", name),
    );
    return;
  }
  if (job.holder === null) await discardTrial(job.checkpoint);
  const show = vscode.l10n.t("Show Item");
  const text =
    open.phase === "failed"
      ? vscode.l10n.t("{0} failed again: {1}", name, labelText(shortText(open.failure?.message ?? "", 300)))
      : vscode.l10n.t(
          "The debugging of {0} ended before the item did, so it is in doubt: begun {1}. What it had spent is recorded.",
          name,
          timeText(open.atMs),
        );
  const answer = await vscode.window.showWarningMessage(text, show);
  if (answer === show) await services.items.show(job, item);
}
