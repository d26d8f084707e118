import * as vscode from "vscode";
import type { Capability } from "../../view/capabilities.js";
import { jobRow } from "../../view/jobRow.js";
import { labelText } from "../../view/text.js";
import { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";

/**
 * The job that a command is about: the row, file or id that it was called with, else the one that a person picks.
 * Undefined where nobody picked one, or none can do it (which is said).
 */
export async function targetOf(
  catalog: JobCatalog,
  argument: unknown,
  can: Capability | readonly Capability[],
  placeholder: string,
): Promise<Job | undefined> {
  const given = jobOf(catalog, argument);
  if (given) return given;
  await catalog.start();
  const trusted = vscode.workspace.isTrusted;
  const wanted = [can].flat();
  const jobs = catalog.jobs.filter((job) => wanted.some((one) => job.capabilities(trusted).has(one)));
  if (jobs.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t("There is no job that this can be done with now."),
    );
    return undefined;
  }
  const picks = jobs.map((job) => {
    const { title, description } = jobRow(job.name, job.view, job.cleared);
    const path = vscode.workspace.asRelativePath(job.jobFile ?? job.checkpoint);
    return { label: labelText(title), description, detail: labelText(path), job };
  });
  const picked = await vscode.window.showQuickPick(picks, { placeHolder: placeholder, matchOnDetail: true });
  return picked?.job;
}

/** The job that a row, file or id names. */
export function jobOf(catalog: JobCatalog, argument: unknown): Job | undefined {
  if (argument instanceof vscode.Uri) return catalog.jobOf(argument);
  if (typeof argument === "string") return catalog.job(argument);
  const { job } = (argument ?? {}) as { job?: unknown };
  return job instanceof Job ? job : undefined;
}

/** @throws Error in Restricted Mode */
export function requireTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new Error(
    vscode.l10n.t(
      "This folder is not trusted: jobs can be read here, not run, stopped or changed. Trust it first (Workspaces: Manage Workspace Trust).",
    ),
  );
}
