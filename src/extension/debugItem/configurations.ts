import { dirname, join } from "node:path";
import type * as vscode from "vscode";
import type { CliCall } from "../tasks/index.js";

/** By this variable a debug session is known to be a trial of ours. */
export const trialVariable = "AGENT_JOBS_TRIAL";

/** What VS Code's JavaScript debugger runs: the command line, with the job file's breakpoints live. */
export function nodeConfiguration(
  name: string,
  trial: string,
  { program, args: [cli, ...args], cwd, env }: CliCall,
): vscode.DebugConfiguration {
  return {
    ...{ type: "node", request: "launch", name, cwd },
    ...{ runtimeExecutable: program, program: cli, args },
    env: { ...env, [trialVariable]: trial },
    console: "internalConsole",
    outputCapture: "std",
    internalConsoleOptions: "openOnSessionStart",
    // Job files are compiled line by line as they are loaded: there is no output to look for.
    outFiles: [],
    skipFiles: ["<node_internals>/**", join(dirname(cli!), "**")],
  };
}

/** What the Python debugger does: it listens at a port of its own choice, and the worker connects to it. */
export function debugpyConfiguration(name: string, trial: string, folder: string): vscode.DebugConfiguration {
  return {
    ...{ type: "debugpy", request: "attach", name, trial },
    listen: { host: "127.0.0.1", port: 0 },
    pathMappings: [{ localRoot: folder, remoteRoot: folder }],
    justMyCode: true,
    subProcess: true,
  };
}
