import * as vscode from "vscode";
import type { PlannedRepair, RepairOutcome } from "../../runtime/repair.js";
import { ToolError } from "../../tools/answer.js";
import { withUniqueIds } from "../../tools/findJob.js";
import type { Started, ToolHost, ToolJob } from "../../tools/host.js";
import type { ToolName } from "../../tools/names.js";
import type { PlanOutcome } from "../../tools/readPlan.js";
import { labelText } from "../../view/text.js";
import { carryOut } from "../commands/repair.js";
import { launch } from "../commands/run.js";
import type { Services } from "../commands/services.js";
import { toolIds } from "../ids.js";
import { isAgreedTo } from "../items/agreedLoads.js";
import type { Job } from "../job.js";
import { mapSome } from "../mapSome.js";

export interface CatalogJob extends ToolJob {
  of: Job;
}

/** How long a tool waits for a run to begin before it says that it was launched. */
const beginningMs = 15_000;

/** The jobs of the window. */
export class CatalogHost implements ToolHost<CatalogJob> {
  constructor(private readonly services: Services) {}

  named(name: ToolName): string {
    return toolIds[name];
  }

  get folders(): string[] {
    return (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  }

  async jobs(): Promise<CatalogJob[]> {
    const { catalog } = this.services;
    await catalog.start();
    await mapSome(
      catalog.jobs.filter(({ loaded }) => !loaded),
      (job) => catalog.refreshJob(job),
    );
    return withUniqueIds(catalog.jobs.map(toolJob), shownPath);
  }

  async fresh({ id, of }: CatalogJob): Promise<CatalogJob> {
    await this.services.catalog.refreshJob(of);
    return { ...toolJob(of), id };
  }

  refusal({ of }: CatalogJob): string | undefined {
    if (!vscode.workspace.isTrusted)
      return "This folder is not trusted (Restricted Mode): jobs can be read here, not run or changed. Nothing was done. Only the person can trust it.";
    return of.starting ? "It is just being started. Nothing was done. Do not start it again." : undefined;
  }

  async plan({ of }: CatalogJob, signal: AbortSignal): Promise<PlanOutcome> {
    if (of.jobFile !== null && !(await isAgreedTo(of.jobFile, () => mayLoad(of.jobFile!))))
      throw new ToolError({
        said: "To say what a run would do, its job file has to be loaded, which runs code of it, and the person did not want that. Nothing was run. Do not call again unless they ask for it.",
      });
    signal.throwIfAborted();
    return this.services.tasks.planOf(of, [], signal);
  }

  lifeText({ of }: CatalogJob): string {
    return this.outlives(of)
      ? vscode.l10n.t("It goes on when this window is closed.")
      : vscode.l10n.t("It ends in order when this window is closed; what is done is kept.");
  }

  async start({ of }: CatalogJob, command: "run" | "retry", args: readonly string[]): Promise<Started> {
    const { catalog } = this.services;
    const before = of.latestToken;
    const begun = () => of.holder !== null || of.latestToken !== before;
    await launch(this.services, of, command, args, this.outlives(of));
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(late);
        subscription.dispose();
        resolve();
      };
      const late = setTimeout(end, beginningMs);
      const subscription = catalog.onDidChangeJob((job) => {
        if (job === of && (begun() || !of.starting)) end();
      });
      if (begun()) end();
    });
    if (of.holder) return { said: "Started: it runs now.", about: { pid: of.holder.pid } };
    if (begun()) return { said: "Started, and it has ended already." };
    if (of.starting) return { said: "Launched: it has not begun yet." };
    throw new ToolError({
      said: "It did not begin; the person is told why in the window. Do not start it again unasked.",
      about: { job: shownPath(of.jobFile ?? of.checkpoint) },
    });
  }

  async repair({ of }: CatalogJob, planned: PlannedRepair): Promise<RepairOutcome> {
    const outcome = await carryOut(this.services, { job: of, planned });
    if (outcome) return outcome;
    throw new ToolError({ said: "The person cancelled it. Nothing was changed." });
  }

  /** Where nobody has said so, a tool's run does not outlive the window: it may not ask a question more. */
  private outlives(job: Job): boolean {
    return this.services.outliving.of(job) ?? false;
  }
}

/** A model may have written the file that it asks about: what loads it runs it. */
async function mayLoad(jobFile: string): Promise<boolean> {
  const file = labelText(shownPath(jobFile));
  const load = vscode.l10n.t("Load It");
  const detail = [
    vscode.l10n.t(
      "A language model asks. It runs: agent-jobs plan {0}. That loads the job file, which runs the code that names its items, and processes nothing.",
      file,
    ),
    vscode.l10n.t("You are not asked again in this window, until the job file changes."),
  ];
  const title = vscode.l10n.t("Load {0} to find out what a run would do?", file);
  const options = { modal: true, detail: detail.join("\n") };
  return (await vscode.window.showInformationMessage(title, options, load)) === load;
}

const shownPath = (path: string): string => vscode.workspace.asRelativePath(vscode.Uri.file(path));

function toolJob(job: Job): CatalogJob {
  const { view, jobFile, checkpoint, source, name } = job;
  const label = view?.label ?? source.label;
  const path = shownPath(jobFile ?? checkpoint);
  const id = jobFile === null || label === null ? path : `${path} @ ${label}`;
  return { id, name, label, jobFile, checkpoint, view, of: job };
}
