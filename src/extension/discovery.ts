import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as vscode from "vscode";
import type { ReadAs } from "../runtime/foreign/scannerFor.js";
import { isForeignKind } from "../runtime/format/foreignKinds.js";
import {
  expectedCheckpoint,
  type FoundCheckpoint,
  findCheckpoints,
} from "../runtime/runner/findCheckpoints.js";
import { jobNameOf } from "../runtime/runner/jobPaths.js";
import { shownByOthers } from "../runtime/store/companions.js";
import { sniffCheckpoint, sniffHead } from "../runtime/store/sniff.js";
import type { JobSource } from "./job.js";
import { mapSome } from "./mapSome.js";
import { RealPaths } from "./realPaths.js";
import { type DiscoverySettings, discoverySettings } from "./settings.js";
import { watchedFiles } from "./watched/watchedFiles.js";

// Loaded with discovery, by whom calls it.
export { tellBadSetting } from "./badSettings.js";

interface Claim {
  jobFile: string;
  /** Where the next unlabelled run has its checkpoint. */
  expected: string;
  checkpoints: FoundCheckpoint[];
}

interface FoundFiles {
  jobFiles: string[];
  checkpoints: string[];
  resultFiles: string[];
}

/**
 * Lists the jobs of all open folders, in the order of the view. Looks at file contents, and runs none.
 * @param onBad told of settings that make no sense
 * @param find the files of a folder that may be jobs
 */
export async function discoverJobs(
  onBad: (what: string) => void,
  find: (folder: vscode.WorkspaceFolder, onBad: (what: string) => void) => Promise<FoundFiles>,
): Promise<JobSource[]> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  const found = await Promise.all(folders.map((folder) => find(folder, onBad)));
  const watched = new Map(
    (await Promise.all(folders.map((folder) => watchedFiles(folder, onBad))))
      .flat()
      .map((one) => [one.path, one.readAs]),
  );
  // The editor's search follows links to folders, and finds what lies behind them by each of its paths.
  const real = new RealPaths();
  const jobFiles = await real.distinct(found.flatMap((folder) => folder.jobFiles));
  const claims = await mapSome(
    jobFiles,
    async (jobFile): Promise<Claim> => ({
      jobFile,
      expected: spelled(await expectedCheckpoint(jobFile)),
      checkpoints: (await findCheckpoints(jobFile)).map((one) => ({ ...one, path: spelled(one.path) })),
    }),
  );
  const claimed = new Set(claims.flatMap((claim) => claim.checkpoints.map(({ path }) => path)));
  const checkpoints = await real.distinct(
    found.flatMap((folder) => folder.checkpoints),
    [...watched.keys(), ...claimed],
  );
  const results = await foreignAmong(
    await real.distinct(
      found.flatMap((folder) => folder.resultFiles),
      watched.keys(),
    ),
  );
  const hidden = await shownByOthers([...new Set([...checkpoints, ...results, ...watched.keys()])]);
  const loose = await mapSome(
    checkpoints.filter((path) => !claimed.has(path) && !hidden.has(path) && !watched.has(path)),
    lookAt,
  );
  const known = new Set(jobFiles);
  // A checkpoint of ours that is watched where it lies may be that of a job file that is listed.
  const watchedOnes = await mapSome(
    [...watched.keys()].filter((path) => !claimed.has(path)),
    lookAt,
  );
  for (const checkpoint of [...loose, ...watchedOnes])
    if (checkpoint?.jobFile && known.has(checkpoint.jobFile)) {
      claims.find((claim) => claim.jobFile === checkpoint.jobFile)!.checkpoints.push(checkpoint);
      claimed.add(checkpoint.path);
    }
  const alone = loose.filter((checkpoint) => checkpoint !== null && !known.has(checkpoint.jobFile ?? ""));
  const others = results.filter(
    (path) => !hidden.has(path) && !checkpoints.includes(path) && !watched.has(path),
  );
  const sources = [
    ...claims.flatMap((claim) => sourcesOf(claim, watched)),
    ...[...alone.map((checkpoint) => checkpoint!.path), ...others].map((path) => aloneSource(path)),
    ...[...watched].filter(([path]) => !claimed.has(path)).map(([path, readAs]) => aloneSource(path, readAs)),
  ];
  await nextTurn();
  // It takes a while to make the first one, which is not to be added to what came before.
  collator ??= new Intl.Collator(undefined, { numeric: true });
  const { compare } = collator;
  return sources.sort(
    (a, b) => compare(a.name, b.name) || compare(a.label ?? "", b.label ?? "") || compare(a.id, b.id),
  );
}

let collator: Intl.Collator | undefined;

/** As the editor spells it: drives of Windows in lower case. */
const spelled = (path: string): string => vscode.Uri.file(path).fsPath;

const kindsOf = ({ jobFiles, checkpoints, resultFiles }: DiscoverySettings) => [
  jobFiles,
  checkpoints,
  resultFiles,
];

/** Those that the editor's search finds. */
export async function findFiles(
  folder: vscode.WorkspaceFolder,
  onBad?: (what: string) => void,
): Promise<FoundFiles> {
  const settings = discoverySettings(folder, onBad);
  const { exclude } = settings;
  const excluded = exclude.length > 0 ? `{${exclude.join(",")}}` : null;
  const find = async (globs: readonly string[]) => {
    const lists = await Promise.all(
      together(globs).map((glob) =>
        vscode.workspace.findFiles(new vscode.RelativePattern(folder, glob), excluded),
      ),
    );
    // What lies in an open folder inside of this one is listed by that one's settings.
    return lists.flat().filter((uri) => isOf(folder, uri));
  };
  const kinds = kindsOf(settings);
  const all = await find(kinds.flat());
  const own = await inKinds(folder, kinds, all);
  // The search may take a glob otherwise than the editor does: then it is asked for each kind.
  const isAll = new Set(own.flat()).size === all.length;
  return foundFiles(isAll ? own : await Promise.all(kinds.map(find)));
}

/** More than these are not looked at one by one. */
const maxNearby = 2_000;

/**
 * Those that lie in a folder itself, or in its `checkpoints`: they are known at once, where the search takes a second and
 * more while the editor begins.
 */
export async function nearbyFiles(folder: vscode.WorkspaceFolder): Promise<FoundFiles> {
  const settings = discoverySettings(folder);
  const namesIn = async (path: string) => {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    if (entries.length > maxNearby) return [];
    return entries.filter((entry) => entry.isFile()).map(({ name }) => vscode.Uri.file(join(path, name)));
  };
  const { fsPath } = folder.uri;
  const uris = [...(await namesIn(fsPath)), ...(await namesIn(join(fsPath, "checkpoints")))];
  const own = uris.filter((uri) => isOf(folder, uri));
  const [excluded = [], ...kinds] = await inKinds(folder, [settings.exclude, ...kindsOf(settings)], own);
  const isOut = new Set(excluded);
  return foundFiles(kinds.map((found) => found.filter((uri) => !isOut.has(uri))));
}

function foundFiles(kinds: readonly (readonly vscode.Uri[])[]): FoundFiles {
  const [jobFiles = [], checkpoints = [], resultFiles = []] = kinds.map((uris) =>
    uris.map(({ fsPath }) => fsPath),
  );
  return { jobFiles, checkpoints, resultFiles };
}

/** So many are matched between two turns of everybody else. */
const matchedAtOnce = 50;

/** Of some files those that match one of the globs, for each list of globs. */
async function inKinds(
  folder: vscode.WorkspaceFolder,
  kinds: readonly (readonly string[])[],
  uris: readonly vscode.Uri[],
): Promise<vscode.Uri[][]> {
  const found: vscode.Uri[][] = kinds.map(() => []);
  for (const [i, uri] of uris.entries()) {
    if (i > 0 && i % matchedAtOnce === 0) await nextTurn();
    for (const [kind, globs] of kinds.entries()) if (matches(folder, globs, uri)) found[kind]!.push(uri);
  }
  return found;
}

/** By the editor's own matcher, which looks at a document's address alone. */
function matches(folder: vscode.WorkspaceFolder, globs: readonly string[], uri: vscode.Uri): boolean {
  const document = { uri, languageId: "" } as vscode.TextDocument;
  return globs.some(
    (glob) => vscode.languages.match({ pattern: new vscode.RelativePattern(folder, glob) }, document) > 0,
  );
}

const isOf = (folder: vscode.WorkspaceFolder, uri: vscode.Uri): boolean =>
  (vscode.workspace.getWorkspaceFolder(uri) ?? folder).uri.toString() === folder.uri.toString();

/** Each search walks the whole folder, and is a process: globs whose braces are simple are one. */
function together(globs: readonly string[]): string[] {
  const plain = globs.flatMap((glob) => alternativesOf(glob) ?? []);
  const others = globs.filter((glob) => !alternativesOf(glob));
  return plain.length > 1 ? [`{${plain.join(",")}}`, ...others] : [...plain, ...others];
}

/** What a glob with one pair of braces, or none, stands for; undefined where it has more. Braces must not be in others. */
function alternativesOf(glob: string): string[] | undefined {
  const [, before = "", inner, after = ""] = /^([^{},]*)\{([^{}]*)\}([^{},]*)$/.exec(glob) ?? [];
  if (inner !== undefined) return inner.split(",").map((one) => before + one + after);
  return /[{},]/.test(glob) ? undefined : [glob];
}

/** Names alone prove nothing: only files whose content says that they are another tool's. */
async function foreignAmong(paths: readonly string[]): Promise<string[]> {
  const isForeign = await mapSome(paths, (path) => sniffCheckpoint(path).then(isForeignKind, () => false));
  return paths.filter((_, i) => isForeign[i]);
}

/** A checkpoint that no job file claims by its name; null where the file is none at all. */
async function lookAt(path: string): Promise<(FoundCheckpoint & { jobFile: string | null }) | null> {
  const unknown = { format: "unknown" as const, header: null };
  const { format, header } = await sniffHead(path).catch(() => unknown);
  if (format === "binary" || format === "missing") return null;
  // Other programs' files are called .ckpt, too; a .jsonl in a folder of checkpoints is meant to be one.
  if (format === "unknown" && !path.endsWith(".jsonl")) return null;
  const jobFile = header?.file ? spelled(resolve(dirname(path), header.file)) : null;
  return { path, label: header?.label ?? null, jobFile };
}

/** A row for each checkpoint of a job file, and one for the job itself where all of them are of labelled runs. */
function sourcesOf(
  { jobFile, expected, checkpoints }: Claim,
  watched: ReadonlyMap<string, ReadAs>,
): JobSource[] {
  const name = jobNameOf(jobFile);
  const sources = [...checkpoints];
  if (!sources.some(({ label }) => label === null)) sources.push({ path: expected, label: null });
  let hasOwn = false;
  return sources.map(({ path: checkpoint, label }) => {
    // The job file alone is the id of its own row, so that it stays the same once there is a checkpoint.
    const isOwn = label === null && !hasOwn;
    hasOwn ||= isOwn;
    const id = isOwn ? jobFile : `${jobFile}|${checkpoint}`;
    const readAs = watched.get(checkpoint);
    return { id, name, label, jobFile, checkpoint, ...(readAs && { watched: readAs }) };
  });
}

function aloneSource(checkpoint: string, watched?: ReadAs): JobSource {
  const name = basename(checkpoint).replace(/\.(jsonl(\.out)?|ckpt|json)$/, "");
  return { id: checkpoint, name, label: null, jobFile: null, checkpoint, ...(watched && { watched }) };
}
