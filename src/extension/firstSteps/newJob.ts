import { join } from "node:path";
import * as vscode from "vscode";
import { isJobFile, jobNameOf } from "../../runtime/runner/jobPaths.js";
import { folderWarning } from "../../runtime/store/folderRisk.js";
import type { Language, NewJobChoice, Provider } from "../../view/newJob/choice.js";
import { languages, providersFor } from "../../view/newJob/choice.js";
import { newJob } from "../../view/newJob/newJob.js";
import { labelText, shortText } from "../../view/text.js";
import { start } from "../commands/run.js";
import type { Handler, Services } from "../commands/services.js";
import { requireTrust } from "../commands/target.js";
import { commandIds } from "../ids.js";
import { unawaited } from "../log.js";
import { askStep, type Back, back } from "./askStep.js";
import { type PickedInput, pickInput } from "./pickInput.js";
import { exists, folderForJob, jobsFolder, writeNew } from "./places.js";

/** Writes a job that works after three questions, opens it where it is to be changed, and offers to run it. */
export const createNewJob: Handler = async (services) => {
  requireTrust();
  const folder = await folderForJob();
  if (!folder) return;
  const root = folder.uri.fsPath;
  const at = join(root, jobsFolder);
  const answers = await ask(folder, at);
  if (!answers) return;
  const { language, input, provider } = answers;
  const name = await freeName(services, at, input.name);
  const checkpoint = join(at, "checkpoints", `${name}.jsonl`);
  const placeWarning = await folderWarning(checkpoint, "The checkpoint");
  await write(services, { root, at }, { name, language, input: input.choice, provider, placeWarning });
};

interface Answers {
  language: Language;
  input: PickedInput;
  provider: Provider;
}

/** Asks one question after the other, and the one before where a person goes back. Undefined where they gave up. */
async function ask(folder: vscode.WorkspaceFolder, at: string): Promise<Answers | undefined> {
  let language: Language | undefined;
  for (;;) {
    const picked = await pickLanguage(language);
    if (picked === "script") await vscode.commands.executeCommand(commandIds.addPythonHelper);
    if (!picked || picked === "script") return undefined;
    language = picked;
    for (;;) {
      const input = await pickInput({ folder, at, language, step: stepText(2, language) });
      if (!input) return undefined;
      if (input === back) break;
      const provider = await pickProvider(language);
      if (!provider) return undefined;
      if (provider !== back) return { language, input, provider };
    }
  }
}

async function write(
  services: Services,
  { root, at }: { root: string; at: string },
  choice: NewJobChoice,
): Promise<void> {
  const { files, edit } = newJob(choice);
  const isLeft = await Promise.all(
    files.map(async ({ name, isOptional }) => isOptional === true && exists(join(at, name))),
  );
  const [jobFile] = await writeNew(
    root,
    at,
    files.filter((_, i) => !isLeft[i]),
  );
  await services.catalog.refresh();
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(join(at, edit.name)));
  const offset = document.getText().indexOf(edit.text);
  const first = document.positionAt(offset);
  const last = document.positionAt(offset + edit.text.length);
  // The editor scrolls to the cursor. That of a selection that is given as it opens is at the end, so that a long text was shown
  // by its end, far to the right of where its line begins.
  const shown = { preview: false, selection: new vscode.Range(first, first) };
  const editor = await vscode.window.showTextDocument(document, shown);
  editor.selection = new vscode.Selection(last, first);
  const job = services.catalog.job(jobFile!);
  if (!job)
    throw new Error(vscode.l10n.t("{0} was written, but is not listed: see agentJobs.jobFiles.", jobFile!));
  unawaited(services.log, "reveal", services.jobsView.reveal(job));
  const run = vscode.l10n.t("Run");
  const written = vscode.l10n.t("{0} is ready.", labelText(vscode.workspace.asRelativePath(jobFile!)));
  const message = [written, needText(choice), choice.placeWarning ?? ""]
    .filter((text) => text !== "")
    .join(" ");
  if ((await vscode.window.showInformationMessage(message, run)) === run) await start(services, job);
}

/** What the job needs before it can run. */
function needText({ provider }: NewJobChoice): string {
  if (provider === "http") return vscode.l10n.t("Put your endpoint’s address in, then run it.");
  if (provider === "none") return "";
  const key = provider === "openai" ? "OPENAI_API_KEY" : "ANTHROPIC_API_KEY";
  return vscode.l10n.t("It needs {0}, in the environment or in a file .env beside it.", key);
}

/** `New Job (2/3)`; a program of one's own is asked for no service. */
function stepText(step: number, language?: Language): string {
  const count = language === "program" ? 2 : 3;
  return vscode.l10n.t("New Job ({0}/{1})", step, count);
}

/** @param before the answer that was given before */
async function pickLanguage(before: Language | undefined): Promise<Language | "script" | undefined> {
  const told: Record<Language | "script", [label: string, detail: string]> = {
    typescript: [
      "$(file-code) TypeScript",
      vscode.l10n.t("One file, with types. Nothing needs to be installed."),
    ],
    javascript: ["$(file-code) JavaScript", vscode.l10n.t("One file. Nothing needs to be installed.")],
    python: [
      "$(file-code) Python",
      vscode.l10n.t("A script that is given items, and a job file beside it. Needs Python 3.9."),
    ],
    program: [
      vscode.l10n.t("$(terminal) Any Other Program"),
      vscode.l10n.t(
        "Runs a command for each item: the item on its standard input, the result on its output.",
      ),
    ],
    script: [
      vscode.l10n.t("$(repo-forked) A Python Script That I Have"),
      vscode.l10n.t(
        "Its loop is made resumable by three changed lines, which you see before they are saved.",
      ),
    ],
  };
  const picks = [...languages, "script" as const].map((language) => ({
    label: told[language][0],
    detail: told[language][1],
    language,
  }));
  const step = {
    ...{ title: stepText(1), hasBack: false },
    placeHolder: vscode.l10n.t("What is the work on an item written in?"),
  };
  const active = picks.find((pick) => pick.language === before);
  const picked = await askStep(picks, step, active);
  return picked === back ? undefined : picked?.language;
}

async function pickProvider(language: Language): Promise<Provider | Back | undefined> {
  const providers = providersFor(language);
  if (providers.length === 1) return providers[0];
  const told: Record<Provider, [label: string, detail: string]> = {
    openai: ["$(sparkle) OpenAI", vscode.l10n.t("The Responses API, with the key in OPENAI_API_KEY.")],
    anthropic: [
      "$(sparkle) Anthropic",
      vscode.l10n.t("The Messages API, with the key in ANTHROPIC_API_KEY."),
    ],
    http: [vscode.l10n.t("$(globe) Any HTTP Endpoint"), vscode.l10n.t("Each item is posted to it as JSON.")],
    none: [vscode.l10n.t("$(circle-slash) None"), vscode.l10n.t("Work of your own: no key, runs at once.")],
  };
  const picks = providers.map((provider) => ({
    label: told[provider][0],
    detail: told[provider][1],
    provider,
  }));
  const picked = await askStep(picks, {
    ...{ title: stepText(3), hasBack: true },
    placeHolder: vscode.l10n.t("Which service is asked for each item?"),
  });
  return picked === back ? back : picked?.provider;
}

/** A name that no job here has, by what its items are called. */
async function freeName({ catalog }: Services, at: string, wanted: string): Promise<string> {
  const stem =
    shortText(wanted, 40)
      .replace(/[^\w-]+/g, "-")
      .replace(/^[-_]+|[-_]+$/g, "") || "job";
  const files = await vscode.workspace.fs.readDirectory(vscode.Uri.file(at)).then(
    (entries) => entries.map(([name]) => name),
    () => [],
  );
  const taken = (name: string) =>
    files.some((file) => (isJobFile(file) ? jobNameOf(file) === name : file.startsWith(`${name}.`))) ||
    catalog.jobs.some((job) => job.name === name);
  for (let n = 1; ; n++) {
    const name = n === 1 ? stem : `${stem}-${n}`;
    if (!taken(name) && !(await exists(join(at, "checkpoints", `${name}.jsonl`)))) return name;
  }
}
