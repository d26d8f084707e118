import { basename } from "node:path";
import * as vscode from "vscode";
import { isForeignKind } from "../../runtime/format/foreignKinds.js";
import { kindText } from "../../view/foreignText.js";
import { labelText } from "../../view/text.js";
import { watchingText } from "../../view/watchText.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import { lookAt } from "./lookAt.js";
import { pickMapping } from "./mappingPicker.js";
import { keepWatched } from "./watchedFiles.js";

/**
 * Lists a checkpoint, or a file of another tool, from now on. What its content does not tell of how it is read, a person is asked.
 * @returns its job; undefined where the person gave up
 * @throws AgentJobsError where it can never be listed; Error where no folder is open
 */
export async function watch(catalog: JobCatalog, path: string): Promise<Job | undefined> {
  const looked = await lookAt(path);
  const isListed = catalog.jobs.some((job) => job.paths.includes(path) && job.view?.error === null);
  if (!isListed) {
    const mapping = "rows" in looked ? await pickMapping(path, looked.rows) : undefined;
    if ("rows" in looked && !mapping) return undefined;
    await keepWatched(path, mapping);
  }
  await catalog.refresh();
  const job = catalog.jobs.find((one) => one.paths.includes(path));
  const kind = "format" in looked && isForeignKind(looked.format) ? ` (${kindText(looked.format)})` : "";
  const name = `${labelText(basename(path))}${kind}`;
  const format = "format" in looked ? looked.format : null;
  const jobFile = job?.jobFile ? labelText(basename(job.jobFile)) : null;
  const namesJobFile = (job?.view?.state.jobFile ?? null) !== null;
  void vscode.window.showInformationMessage(
    isListed ? listedText(name) : watchingText({ name, format, jobFile, namesJobFile }),
  );
  return job;
}

const listedText = (name: string) => vscode.l10n.t("{0} is listed already.", name);
