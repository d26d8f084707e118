import { constants } from "node:fs";
import { access, chmod } from "node:fs/promises";
import { delimiter, join } from "node:path";
import * as vscode from "vscode";
import { settingIds, settingsSection } from "../ids.js";
import { type Log, unawaited } from "../log.js";
import { helperFolder } from "../python/index.js";
import { extendsTerminal } from "../settings.js";
import type { NodeFinder } from "../tasks/nodeProgram.js";

/** Read by the launcher, src/terminal/agent-jobs. */
const nodeVariable = "AGENT_JOBS_NODE";
const isEditorVariable = "AGENT_JOBS_NODE_IS_EDITOR";

export interface TerminalAdditions extends vscode.Disposable {
  /** Resolves when new terminals have what the settings of now say. */
  drawn(): Promise<void>;
}

/**
 * Gives the integrated terminal the command `agent-jobs`, and lets its Python scripts import the helper. Tasks need
 * neither: they get both from the runtime that they run.
 */
export function registerTerminal(
  context: vscode.ExtensionContext,
  nodes: NodeFinder,
  log: Log,
  listed: Promise<void>,
): TerminalAdditions {
  const variables = context.environmentVariableCollection;
  // Paths of this version are gone with its successor: nothing is kept beyond this window.
  variables.persistent = false;
  let turns = 0;
  const draw = async () => {
    const turn = ++turns;
    const additions = extendsTerminal() ? await additionsFor(context, nodes) : undefined;
    if (turn !== turns) return;
    variables.clear();
    if (!additions) return;
    variables.description = vscode.l10n.t(
      "Adds the command `agent-jobs`, and lets Python scripts import `agent_jobs`.",
    );
    // Behind what is there: an `agent-jobs` that a project or a person has installed is the one they mean.
    variables.append("PATH", `${delimiter}${additions.bin}`);
    variables.replace(nodeVariable, additions.node);
    if (additions.isEditor) variables.replace(isEditorVariable, "1");
    const { pythonPath } = additions;
    variables[pythonPath.isAdded ? "append" : "replace"]("PYTHONPATH", pythonPath.value);
  };
  // To find Node a program is started, for which a person would wait who wants to see the jobs.
  let drawing = listed.then(draw);
  unawaited(log, "terminal", drawing);
  const redraw = () => {
    drawing = draw();
    unawaited(log, "terminal", drawing);
  };
  const following = vscode.workspace.onDidChangeConfiguration((event) => {
    const own = [settingIds.extendTerminal, settingIds.nodePath].map((name) => `${settingsSection}.${name}`);
    if ([...own, terminalEnv].some((name) => event.affectsConfiguration(name))) redraw();
  });
  return { drawn: () => drawing, dispose: () => following.dispose() };
}

async function additionsFor(context: vscode.ExtensionContext, nodes: NodeFinder) {
  const bin = context.asAbsolutePath(join("dist", "bin"));
  await makeExecutable(join(bin, "agent-jobs"));
  const { path, env } = await nodes.findForTerminal();
  return {
    bin,
    node: path,
    isEditor: env.ELECTRON_RUN_AS_NODE !== undefined,
    pythonPath: pythonPathWith(helperFolder(context).fsPath),
  };
}

const terminalEnv = "terminal.integrated.env";
const platforms: Partial<Record<NodeJS.Platform, string>> = { win32: "windows", darwin: "osx" };

/**
 * The helper behind what is there: what a person has set for their terminals is resolved by VS Code, and only added to.
 * Elsewhere it is set whole: an empty entry, which adding to nothing would leave, means the working directory to Python.
 */
function pythonPathWith(helper: string): { value: string; isAdded: boolean } {
  const platform = platforms[process.platform] ?? "linux";
  const env = vscode.workspace.getConfiguration(terminalEnv).get<Record<string, unknown> | null>(platform);
  // Null takes away what the window was started with.
  const set = env?.PYTHONPATH === undefined ? undefined : String(env.PYTHONPATH ?? "");
  const known = set?.replace(/\$\{env:([^}]*)\}/g, (_, name: string) => process.env[name] ?? "");
  if (known) return { value: `${delimiter}${helper}`, isAdded: true };
  const before = known === undefined ? process.env.PYTHONPATH : "";
  return { value: before ? `${before}${delimiter}${helper}` : helper, isAdded: false };
}

/** Not every editor keeps the rights of the files that it unpacks. */
async function makeExecutable(launcher: string): Promise<void> {
  if (process.platform === "win32") return;
  try {
    await access(launcher, constants.X_OK);
  } catch {
    await chmod(launcher, 0o755);
  }
}
