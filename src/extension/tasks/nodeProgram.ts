import { execFile } from "node:child_process";
import { promisify } from "node:util";
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
  private onPath: Promise<boolean> | undefined;

  constructor(private readonly log: Log) {}

  async find(): Promise<NodeProgram> {
    const path = nodePathSetting();
    if (path) return { path, env: {} };
    this.onPath ??= this.looksFit("node");
    if (await this.onPath) return { path: "node", env: {} };
    return { path: process.execPath, env: { ELECTRON_RUN_AS_NODE: "1" } };
  }

  private async looksFit(program: string): Promise<boolean> {
    try {
      const { stdout } = await promisify(execFile)(program, ["--version"], { timeout: versionTimeoutMs });
      const fit = isFit(stdout);
      if (!fit) this.log.info(`Node on PATH is ${stdout.trim()}: jobs run on the editor's own instead.`);
      return fit;
    } catch {
      this.log.info("There is no Node on PATH: jobs run on the editor's own.");
      return false;
    }
  }
}

/** Whether `v22.15.0` and the like is new enough. */
export function isFit(version: string): boolean {
  const [major = 0, minor = 0] = version.trim().replace(/^v/, "").split(".").map(Number);
  return major > minimum[0] || (major === minimum[0] && minor >= minimum[1]);
}
