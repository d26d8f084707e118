import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { sniffCheckpoint } from "./sniff.js";

/** Files that lie beside one of another tool and are of the same batch. */
export interface Companions {
  /** With further rows. */
  answers: string[];
  /** Lists of requests, of which one may be this batch's. */
  requests: string[];
  /** False where one is being written that may turn out to be of the batch. */
  isSettled: boolean;
}

/** `batch_67f0_output.jsonl` and `batch_67f0_error.jsonl`, as OpenAI names the two files of a batch. */
const part = /^(?<batch>.+[_.-])(?<what>output|results|error|errors)\.jsonl$/i;
const isErrors = (what: string): boolean => what.toLowerCase().startsWith("error");
/** In a folder with more of them nobody can say which is meant, and all would be read. */
const maxRequestLists = 4;
const maxLookedAt = 32;

/** What makes one batch with a file of OpenAI's format: the errors beside the output, and lists of requests. */
export async function companionsOf(path: string): Promise<Companions> {
  const folder = dirname(path);
  const names = (await readdir(folder).catch(() => [] as string[])).sort();
  const answers: string[] = [];
  let isSettled = true;
  for (const name of errorsBeside(basename(path), names)) {
    const format = await formatOf(join(folder, name));
    if (format === "openai-batch") answers.push(join(folder, name));
    else if (format === "empty" || format === "unknown") isSettled = false;
  }
  const others = names.filter(
    (name) => name.endsWith(".jsonl") && !part.test(name) && name !== basename(path),
  );
  const requests: string[] = [];
  for (const name of others.slice(0, maxLookedAt)) {
    const format = await formatOf(join(folder, name));
    if (format === "openai-batch-input") requests.push(join(folder, name));
    else if (format === "empty") isSettled = false;
    if (requests.length > maxRequestLists) return { answers, requests: [], isSettled };
  }
  return { answers, requests, isSettled };
}

const formatOf = (path: string): Promise<string> => sniffCheckpoint(path).catch(() => "missing");

function errorsBeside(name: string, names: readonly string[]): string[] {
  const { batch, what } = part.exec(name)?.groups ?? {};
  if (batch === undefined || what === undefined || isErrors(what)) return [];
  return names.filter((other) => {
    const groups = part.exec(other)?.groups;
    return groups?.batch === batch && isErrors(groups.what ?? "");
  });
}

/** Of files that are listed, those that another of them shows as well: the errors of a batch whose output is there. */
export async function shownByOthers(paths: readonly string[]): Promise<Set<string>> {
  const names = new Map<string, string[]>();
  for (const path of paths) names.set(dirname(path), [...(names.get(dirname(path)) ?? []), basename(path)]);
  const shown = new Set<string>();
  for (const path of paths) {
    const errors = errorsBeside(basename(path), names.get(dirname(path)) ?? []);
    if (errors.length === 0 || (await formatOf(path)) !== "openai-batch") continue;
    for (const name of errors)
      if ((await formatOf(join(dirname(path), name))) === "openai-batch")
        shown.add(join(dirname(path), name));
  }
  return shown;
}
