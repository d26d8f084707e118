import * as vscode from "vscode";
import { labelText } from "../../view/text.js";
import type { Services } from "../commands/services.js";
import { mcpProviderId } from "../ids.js";

/**
 * Offers the MCP server of each open folder to the editor, which starts it where a person wants it. In Restricted Mode
 * there is none, and neither is there in forks of the editor that do not know of such servers.
 */
export function registerMcpServer(services: Services, context: vscode.ExtensionContext): vscode.Disposable {
  if (
    typeof vscode.lm?.registerMcpServerDefinitionProvider !== "function" ||
    typeof vscode.McpStdioServerDefinition !== "function"
  )
    return new vscode.Disposable(() => {});
  const changed = new vscode.EventEmitter<void>();
  const provider: vscode.McpServerDefinitionProvider<vscode.McpStdioServerDefinition> = {
    onDidChangeMcpServerDefinitions: changed.event,
    provideMcpServerDefinitions: () => mcpServers(context),
    // Looking for Node starts a process: only for a server that is to be started.
    resolveMcpServerDefinition: async (server) => {
      const { node, cli } = await services.tasks.commandLine(server.cwd);
      server.command = node.path;
      server.args = [cli, ...server.args.slice(1)];
      server.env = { ...node.env };
      return server;
    },
  };
  return vscode.Disposable.from(
    changed,
    vscode.lm.registerMcpServerDefinitionProvider(mcpProviderId, provider),
    vscode.workspace.onDidChangeWorkspaceFolders(() => changed.fire()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => changed.fire()),
  );
}

/** A server for each folder. */
export function mcpServers(context: vscode.ExtensionContext): vscode.McpStdioServerDefinition[] {
  if (!vscode.workspace.isTrusted) return [];
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  return folders.map(({ name, uri }) => {
    const label =
      folders.length === 1 ? vscode.l10n.t("Agent Jobs") : vscode.l10n.t("Agent Jobs ({0})", labelText(name));
    const args = [context.asAbsolutePath("dist/cli.js"), "mcp", uri.fsPath];
    const version = String(context.extension.packageJSON.version);
    const server = new vscode.McpStdioServerDefinition(label, "node", args, {}, version);
    server.cwd = uri;
    return server;
  });
}
