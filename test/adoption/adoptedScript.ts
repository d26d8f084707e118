import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { releaseAtEnd } from "../host/cleanup.js";
import { killGroup, killMarked } from "../host/processGroup.js";
import { root } from "../setup/root.js";
import { findOnPath, pythonWith } from "../setup/system.mjs";
import type { Scenario } from "./scenarios.js";

const runDeadlineMs = 60_000;
const mark = "AGENT_JOBS_ADOPTION";
/** What the scripts import: their model, and a stand-in for a library that is built on it. */
const companions = ["model.py", "chains.py", "model.mjs"];

/** A call of the model, as the ledger has it: one event where it begins, another where it ends. */
export interface Call {
  pid: number;
  event: "begin" | "end" | "error";
  prompt: string;
}

/** Where a run of a script is killed: so many events of calls after it began, and a moment later. */
export interface Moment {
  events: number;
  delayMs: number;
}

export interface ScriptRun {
  code: number | null;
  killed: boolean;
  /** The calls of this run. */
  calls: Call[];
  stdout: string;
  stderr: string;
}

/** Why a script cannot run here; undefined where it can. */
export function missingFor(scenario: Scenario): string | undefined {
  if (scenario.script.endsWith(".mjs")) return undefined;
  const modules = scenario.modules ?? [];
  if (!pythonWith(modules)) return ["Python 3", ...modules].join(", ");
  return isNotebook(scenario) && !findOnPath(["jupyter-execute"]) ? "jupyter-execute" : undefined;
}

const isNotebook = ({ script }: Scenario): boolean => script.endsWith(".ipynb");

/** One of the scripts in a folder of its own, to be run and killed again and again. */
export class AdoptedScript {
  private runs = 0;
  private readonly ledger: string;

  constructor(
    readonly scenario: Scenario,
    version: "before" | "after",
    readonly folder: string,
  ) {
    const source = join(root, "test/adoption");
    mkdirSync(folder, { recursive: true });
    cpSync(join(source, version, scenario.script), join(folder, scenario.script));
    for (const name of companions) cpSync(join(source, name), join(folder, name));
    for (const [path, text] of Object.entries(scenario.files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    this.ledger = join(folder, "ledger.jsonl");
    writeFileSync(this.ledger, "");
    if (scenario.script.endsWith(".mjs")) this.installPackages();
  }

  /** As `npm install` leaves them. */
  private installPackages(): void {
    mkdirSync(join(this.folder, "node_modules"));
    symlinkSync(root, join(this.folder, "node_modules/agent-jobs"));
    symlinkSync(join(root, "node_modules/p-limit"), join(this.folder, "node_modules/p-limit"));
  }

  checkpointOf(job: string): string {
    return join(this.folder, "checkpoints", `${job}.jsonl`);
  }

  /** Runs it to its end, or until a kill -9 of all its processes. */
  async run(moment?: Moment): Promise<ScriptRun> {
    const number = ++this.runs;
    const paths = {
      out: join(this.folder, `out-${number}.txt`),
      err: join(this.folder, `err-${number}.txt`),
    };
    const from = statSync(this.ledger).size;
    const [out, err] = [openSync(paths.out, "w"), openSync(paths.err, "w")];
    const [program, ...args] = this.command();
    const child = spawn(program!, args, {
      cwd: this.folder,
      stdio: ["ignore", out, err],
      detached: true,
      env: { ...process.env, ...this.environment() },
    });
    closeSync(out);
    closeSync(err);
    const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve([code, signal]));
    });
    const release = releaseAtEnd(() => this.kill(child));
    const hung = setTimeout(() => this.kill(child), runDeadlineMs);
    let killed = false;
    const stopWatching = moment ? this.atMoment(from, moment, () => (killed = this.kill(child))) : () => {};
    const [code, signal] = await ended;
    stopWatching();
    clearTimeout(hung);
    release();
    return {
      code,
      // A kill that came when it had ended by itself killed nothing.
      killed: killed && signal === "SIGKILL",
      calls: this.callsFrom(from),
      stdout: readFileSync(paths.out, "utf8"),
      stderr: readFileSync(paths.err, "utf8"),
    };
  }

  /** What it wrote, by path; null for what is not there. */
  outputs(): Record<string, string | null> {
    const found: Record<string, string | null> = {};
    for (const name of this.scenario.outputs) {
      const path = join(this.folder, name);
      if (!existsSync(path)) found[name] = null;
      else if (statSync(path).isFile()) found[name] = readFileSync(path, "utf8");
      else
        for (const file of readdirSync(path))
          found[`${name}/${file}`] = readFileSync(join(path, file), "utf8");
    }
    return found;
  }

  private command(): string[] {
    const { script, args = [], modules = [] } = this.scenario;
    if (script.endsWith(".mjs")) return [process.execPath, script, ...args];
    if (isNotebook(this.scenario)) return [findOnPath(["jupyter-execute"])!, script, ...args];
    return [pythonWith(modules)!, script, ...args];
  }

  private environment(): NodeJS.ProcessEnv {
    return {
      AGENT_JOBS_LEDGER: this.ledger,
      MODEL_MS: String(this.scenario.callMs),
      [mark]: this.folder,
      PYTHONPATH: join(root, "dist/python"),
      // Else runs beside each other wait for one history of what was typed.
      IPYTHONDIR: join(this.folder, ".ipython"),
      JUPYTER_RUNTIME_DIR: join(this.folder, ".jupyter"),
      PYDEVD_DISABLE_FILE_VALIDATION: "1",
      ...this.scenario.env,
    };
  }

  private kill(child: ChildProcess): true {
    killGroup(child.pid, "SIGKILL");
    // A notebook's kernel leads a group of its own.
    if (isNotebook(this.scenario)) killMarked(mark, this.folder);
    return true;
  }

  /** Calls back once so many events are in the ledger, and a moment later. Gives what ends the watch. */
  private atMoment(from: number, { events, delayMs }: Moment, then: () => void): () => void {
    let timer: NodeJS.Timeout | undefined;
    const look = () => {
      if (timer || this.callsFrom(from).length < events) return;
      timer = setTimeout(then, delayMs);
    };
    const watcher = watch(this.ledger, look);
    look();
    return () => {
      watcher.close();
      clearTimeout(timer);
    };
  }

  /** The calls in the ledger from a line's beginning on. A last line that is no whole one is being written, or its writer was killed. */
  private callsFrom(offset: number): Call[] {
    const text = readFileSync(this.ledger).subarray(offset).toString("utf8");
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Call);
  }
}
