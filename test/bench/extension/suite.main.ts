// What VS Code runs in its extension host, with the extension or without: measures, and writes the figures to a file.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as vscode from "vscode";
import type { Dashboards } from "../../../src/extension/dashboard/dashboards.js";
import type { JobCatalog } from "../../../src/extension/jobCatalog.js";
import type { JobTree } from "../../../src/extension/tree/jobTree.js";
import type { JobNode } from "../../../src/extension/tree/nodes/jobNode.js";
import { nowUs } from "./clock.js";
import { dashboardFigures, emptyPageMs } from "./dashboard.js";
import type { ControlFigures, CpuFigures, ExtensionFigures, StartFigures, WindowKind } from "./figures.js";
import { type Probe, probeKey } from "./probe.main.js";
import { loopFigures } from "./slices.js";
import { idBytes, jobsAtFirst, manyItems, million } from "./workspace.js";

const growMs = 12_000;
const cpuMs = 10_000;
const idleMs = 4_000;
const idleStretches = 7;
/** What has just ended may still be told of. */
const settleMs = 4_000;
const watchMs = 10_000;

const root = process.env.AGENT_JOBS_ROOT!;
const figuresFile = process.env.AGENT_JOBS_FIGURES!;

interface Parts {
  catalog: JobCatalog;
  dashboards: Dashboards;
  tree: JobTree;
  /** When activation began, by the clock of `performance`. */
  begunMs: number;
  activateMs: number;
  activateCpuMs: number;
  /** From activation on. */
  listedMs: Promise<number>;
}

const passed = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const folder = () => vscode.workspace.workspaceFolders![0]!.uri.fsPath;

async function stopProbe(): Promise<ControlFigures["loop"]> {
  const probe = (globalThis as { [probeKey]?: Probe })[probeKey];
  if (!probe) throw new Error("The probe was not activated before the suite.");
  const { turns, profile } = await probe.stop();
  return loopFigures(turns, profile, root);
}

/** Share of one core that this process takes. */
async function cpuShare(forMs = cpuMs): Promise<number> {
  const [fromUs, before] = [nowUs(), process.cpuUsage()];
  await passed(forMs);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (nowUs() - fromUs);
}

/** Writes down what runs while ten jobs do, for Chrome's developer tools, where the bench was called with a file for it. */
async function keepProfile(): Promise<void> {
  const path = process.env.AGENT_JOBS_PROFILE;
  if (!path) return;
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  await passed(cpuMs);
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  writeFileSync(path, JSON.stringify(profile));
}

const timesFile = () => `${figuresFile}.times`;

function startWriter(): ChildProcess {
  const program = join(root, "dist/test/bench/extension/writer.main.js");
  const node = process.env.AGENT_JOBS_NODE!;
  return spawn(node, [program, folder(), timesFile()], { stdio: ["pipe", "inherit", "inherit"] });
}

async function endWriter(writer: ChildProcess): Promise<[string, number, number][]> {
  const ended = once(writer, "exit");
  writer.stdin!.end();
  await ended;
  return JSON.parse(readFileSync(timesFile(), "utf8"));
}

/** The middle one of some stretches: after the work before V8 collects garbage a few times more, at times of its own. */
async function idleShare(): Promise<number> {
  await vscode.commands.executeCommand("workbench.view.explorer");
  await passed(settleMs);
  const shares: number[] = [];
  for (let n = 0; n < idleStretches; n++) shares.push(await cpuShare(idleMs));
  return shares.sort((a, b) => a - b)[Math.floor(idleStretches / 2)]!;
}

async function measureControl(): Promise<ControlFigures> {
  await passed(watchMs);
  const loop = await stopProbe();
  const writer = startWriter();
  await passed(settleMs);
  const running = await cpuShare();
  await endWriter(writer);
  const cpu: CpuFigures = { running, idle: await idleShare() };
  return { loop, cpu, emptyPageMs: await emptyPageMs() };
}

/** Files of the extension that were loaded so far. */
function loadedBytes(): number {
  const isOurs = (path: string) => path.startsWith(join(root, "dist")) && !path.includes("test");
  return Object.keys(require.cache)
    .filter(isOurs)
    .reduce((sum, path) => sum + statSync(path).size, 0);
}

/** Notes when VS Code asks for a job's row, and how many items it counts then. */
class SeenRows {
  readonly byJob = new Map<string, { atUs: number; done: number }[]>();
  private readonly waiting: { count: number; resolve: () => void }[] = [];

  constructor(tree: JobTree) {
    const draw = tree.getTreeItem.bind(tree);
    tree.getTreeItem = (element) => {
      const item = draw(element);
      if (element.id.startsWith("job:")) this.note(element as JobNode);
      return item;
    };
  }

  /** Resolves when so many jobs were asked for. */
  drawn(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push({ count, resolve });
      this.look();
    });
  }

  private note({ job }: JobNode): void {
    const seen = { atUs: nowUs(), done: job.view?.status.done ?? 0 };
    this.byJob.set(job.name, [...(this.byJob.get(job.name) ?? []), seen]);
    this.look();
  }

  private look(): void {
    for (const { count, resolve } of this.waiting) if (this.byJob.size >= count) resolve();
  }
}

function delaysOf(times: readonly [string, number, number][], rows: SeenRows, fromUs: number, toUs: number) {
  const delays: number[] = [];
  for (const [job, n, atUs] of times) {
    if (atUs < fromUs || atUs > toUs) continue;
    const seen = rows.byJob.get(job)?.find(({ done, atUs: seenUs }) => done >= n && seenUs >= atUs);
    if (!seen) throw new Error(`Item ${n} of ${job} was never shown.`);
    delays.push((seen.atUs - atUs) / 1000);
  }
  delays.sort((a, b) => a - b);
  const at = (share: number) =>
    delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? Number.NaN;
  return { median: at(0.5), p95: at(0.95), longest: at(1), count: delays.length };
}

async function untilLoaded(catalog: JobCatalog): Promise<void> {
  const isLoaded = () => catalog.jobs.length > 0 && catalog.jobs.every((job) => job.loaded);
  if (isLoaded()) return;
  await new Promise<void>((resolve) => {
    const subscription = catalog.onDidChangeJob(() => {
      if (!isLoaded()) return;
      subscription.dispose();
      resolve();
    });
  });
}

/** What the heap holds once all that is not reachable is gone. */
/** @param catalog ids that threads share are in no figure of the process */
async function heldBytes(catalog: JobCatalog): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let i = 0; i < 4; i++) {
    collect();
    await passed(100);
  }
  const { heapUsed, external } = process.memoryUsage();
  const shared = catalog.jobs.reduce((sum, { view }) => sum + (view?.state.done.heldBytes ?? 0), 0);
  return heapUsed + external + shared;
}

/** What is free again when the checkpoint of many items is no more. */
async function bytesPerItem(catalog: JobCatalog): Promise<number> {
  const before = await heldBytes(catalog);
  const isThere = () => catalog.jobs.some((job) => job.name === million);
  if (!isThere()) throw new Error(`There is no job ${million}.`);
  const gone = new Promise<void>((resolve) => {
    const subscription = catalog.onDidChangeJobs(() => {
      if (isThere()) return;
      subscription.dispose();
      resolve();
    });
  });
  rmSync(join(folder(), "checkpoints", `${million}.jsonl`));
  await gone;
  return (before - (await heldBytes(catalog))) / manyItems(Number(process.env.AGENT_JOBS_SHARE)) - idBytes;
}

const activated = () => vscode.extensions.getExtension<Parts>("agent-jobs.agent-jobs")!.activate();

async function measureStart(): Promise<StartFigures> {
  const { activateMs, activateCpuMs } = await activated();
  return { activateMs, activateCpuMs };
}

async function measureExtension(): Promise<ExtensionFigures> {
  const { catalog, dashboards, tree, begunMs, activateMs, activateCpuMs, listedMs } = await activated();
  const rows = new SeenRows(tree);
  const openedMs = performance.now();
  const drawn = rows.drawn(jobsAtFirst);
  await vscode.commands.executeCommand("agentJobs.jobs.focus");
  await drawn;
  const firstTreeMs = performance.now() - begunMs;
  await listedMs;
  const loaded = loadedBytes();
  await untilLoaded(catalog);
  const readMs = performance.now() - openedMs;
  const jobs = catalog.jobs.length;
  const readBytes = catalog.jobs.reduce((sum, { checkpoint }) => sum + statSync(checkpoint).size, 0);
  const writer = startWriter();
  await passed(settleMs);
  const fromUs = nowUs();
  await passed(growMs);
  const toUs = nowUs();
  const loop = await stopProbe();
  const running = await cpuShare();
  await keepProfile();
  const times = await endWriter(writer);
  await passed(settleMs);
  const delaysMs = delaysOf(times, rows, fromUs, toUs);
  const cpu = { running, idle: await idleShare() };
  const dashboard = await dashboardFigures(catalog, dashboards, folder());
  return {
    ...{
      activateMs,
      activateCpuMs,
      loadedBytes: loaded,
      listedMs: await listedMs,
      openedMs: openedMs - begunMs,
      firstTreeMs,
      readMs,
      readBytes,
      delaysMs,
    },
    ...{ jobs, loop, cpu, dashboard, bytesPerItem: await bytesPerItem(catalog) },
  };
}

const measures: Record<WindowKind, () => Promise<object>> = {
  control: measureControl,
  start: measureStart,
  extension: measureExtension,
};

export async function run(): Promise<void> {
  const measure = measures[process.env.AGENT_JOBS_WINDOW as WindowKind];
  const figures = await measure().catch((error: Error) => ({
    error: error.stack,
  }));
  writeFileSync(figuresFile, JSON.stringify(figures));
}
