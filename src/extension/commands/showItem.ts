import { execFile } from "node:child_process";
import * as vscode from "vscode";
import { type ItemKey, idText } from "../../runtime/format/itemId.js";
import { labelText, shortText } from "../../view/text.js";
import { isAgreedTo } from "../items/agreedLoads.js";
import { itemUri } from "../items/itemUri.js";
import type { CliCall } from "../tasks/index.js";
import { errorText } from "../tasks/taskErrors.js";
import { start } from "./run.js";
import type { Handler } from "./services.js";
import { requireTrust } from "./target.js";

const maxInputBytes = 16 * 1024 * 1024;
const maxShownChars = 1_000_000;

/** Opens all that is known of an item, by its job's id and its key. */
export const showItem: Handler = async ({ catalog, items }, id, item) => {
  const job = catalog.job(id as string);
  if (job) await items.show(job, item as ItemKey);
};

/** Tries one failed item again, by its job's id and its key. */
export const retryItem: Handler = async (services, id, item) => {
  requireTrust();
  const job = services.catalog.job(id as string);
  if (job) await start(services, job, [`--item=${item as ItemKey}`], 1);
};

/** Asks the job file for an item's input, after saying what that runs; once for each job file as it is. */
export const showItemInput: Handler = async ({ catalog, items, tasks }, id, key) => {
  requireTrust();
  const job = catalog.job(id as string);
  const item = key as ItemKey;
  if (!job || job.jobFile === null) return;
  const { jobFile } = job;
  const call = await tasks.callOf(job, "input", [`--item=${item}`, "--json"]);
  const name = labelText(shortText(idText(item), 60));
  if (!(await isAgreedTo(jobFile, () => mayLoad(jobFile, name)))) return;
  const title = vscode.l10n.t("Reading the input of {0}…", name);
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  const input = await vscode.window.withProgress(options, async (_, token) => {
    const controller = new AbortController();
    const subscription = token.onCancellationRequested(() => controller.abort());
    const read = await inputFrom(call, controller.signal).finally(() => subscription.dispose());
    return controller.signal.aborted ? undefined : read;
  });
  if (input) items.setInput(itemUri(job, item), input);
};

async function mayLoad(jobFile: string, name: string): Promise<boolean> {
  const file = labelText(vscode.workspace.asRelativePath(jobFile));
  const show = vscode.l10n.t("Show Input");
  const detail = [
    vscode.l10n.t(
      "It runs: agent-jobs input {0} --item {1}. That loads the job file, which runs the code that names its items, and processes nothing.",
      ...[file, name],
    ),
    vscode.l10n.t("For its other items you are not asked again in this window, until the job file changes."),
  ];
  const title = vscode.l10n.t("Load {0} to read the input of {1}?", file, name);
  const options = { modal: true, detail: detail.join("\n") };
  return (await vscode.window.showInformationMessage(title, options, show)) === show;
}

/** The input that the command line prints; else why it prints none. @param signal ends its process */
function inputFrom(
  { program, args, cwd, env }: CliCall,
  signal: AbortSignal,
): Promise<{ text: string } | { why: string }> {
  return new Promise((resolve) => {
    const options = {
      ...{ cwd, env: { ...process.env, ...env }, maxBuffer: maxInputBytes, signal },
      // It writes nothing that a sudden end could spoil, and a job file's code may hear of no other.
      killSignal: "SIGKILL" as const,
    };
    execFile(program, args, options, (error, stdout, stderr) => {
      try {
        if (error) throw error;
        // What a job file prints as it is loaded may stand before it.
        const told = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as { input: unknown };
        const text = JSON.stringify(told.input, null, 2);
        const isCut = text.length > maxShownChars;
        resolve({ text: isCut ? `${text.slice(0, maxShownChars)}\n…` : text });
      } catch (thrown) {
        resolve({ why: errorText(stderr.trim().replace(/^agent-jobs: /, "") || String(thrown)) });
      }
    });
  });
}
