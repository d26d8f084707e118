import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type * as vscode from "vscode";
import type { Log } from "../log.js";
import { nodePathSetting } from "../settings.js";

/** A program that runs our command line, and what it needs in its environment. */
export interface NodeProgram {
  path: string;
  env: Record<string, string>;
}

const minimum = [22, 15] as const;
const versionTimeoutMs = 5_000;

/** Finds the Node that runs jobs: the setting's, else the one on PATH if it is new enough, else the editor's own. */
export class NodeFinder {
  /** The path of the Node on PATH; undefined where there is none, or an old one. */
  private onPath: Promise<string | undefined> | undefined;

  constructor(private readonly log: Log) {}

  /** @param resource what it is to run: each folder may have a setting of its own */
  async find(resource?: vscode.Uri): Promise<NodeProgram> {
    const program = await this.findForTerminal(resource);
    return program.isOnPath ? { ...program, path: "node" } : program;
  }

  /** As `find`, by its whole path: the PATH of a terminal may be another, and may lead to an older Node. */
  async findForTerminal(resource?: vscode.Uri): Promise<NodeProgram & { isOnPath: boolean }> {
    const set = nodePathSetting(resource);
    if (set) return { path: set, env: {}, isOnPath: false };
    this.onPath ??= this.pathOf("node");
    const path = await this.onPath;
    if (path !== undefined) return { path, env: {}, isOnPath: true };
    return { path: process.execPath, env: { ELECTRON_RUN_AS_NODE: "1" }, isOnPath: false };
  }

  private async pathOf(program: string): Promise<string | undefined> {
    try {
      const script = "console.log(process.version + '\\n' + process.execPath)";
      const { stdout } = await promisify(execFile)(program, ["-e", script], { timeout: versionTimeoutMs });
      const [version = "", path] = stdout.trim().split(/\r?\n/);
      if (isFit(version)) return path;
      this.log.info(`Node on PATH is ${version}: jobs run on the editor's own instead.`);
    } catch {
      this.log.info("There is no Node on PATH: jobs run on the editor's own.");
    }
    return undefined;
  }
}

/** Whether `v22.15.0` and the like is new enough. */
export function isFit(version: string): boolean {
  const [major = 0, minor = 0] = version.trim().replace(/^v/, "").split(".").map(Number);
  return major > minimum[0] || (major === minimum[0] && minor >= minimum[1]);
}
