/** Registers the tools for language models, and our MCP server, where the editor knows of such. */
import * as vscode from "vscode";
import { type ToolName, toolNames } from "../../tools/names.js";
import type { Services } from "../commands/services.js";
import { toolIds } from "../ids.js";
import { registerMcpServer } from "./mcpServers.js";
import type { ToolCalls } from "./toolCalls.js";

export function registerLanguageModels(
  services: Services,
  context: vscode.ExtensionContext,
): vscode.Disposable {
  let loading: Promise<ToolCalls> | undefined;
  // Most windows never call one.
  const calls = () => {
    loading ??= import("./toolCalls.js").then(({ ToolCalls }) => new ToolCalls(services));
    return loading;
  };
  const tools = (name: ToolName): vscode.LanguageModelTool<object> => ({
    prepareInvocation: async ({ input }, token) => (await calls()).prepare(name, input, token),
    invoke: async (options, token) => (await calls()).invoke(name, options, token),
  });
  // Forks of the editor may be without.
  const registered =
    typeof vscode.lm?.registerTool === "function"
      ? toolNames.map((name) => vscode.lm.registerTool(toolIds[name], tools(name)))
      : [];
  return vscode.Disposable.from(...registered, registerMcpServer(services, context));
}
