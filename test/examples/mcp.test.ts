import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { root } from "../setup/root.js";
import { cliPath, scratchFolder } from "../support/cli.js";

const page = readFileSync(join(root, "examples/MCP.md"), "utf8");

interface Entry {
  command: string;
  args: string[];
}

/** The configurations on the page, by the file that they are of. */
const entries = [...page.matchAll(/`(\.[\w/.]+\.json)`[^\n]*\n\n```json\n([\s\S]*?)```/g)].map(
  ([, file, json]) => {
    const { servers, mcpServers } = JSON.parse(json!) as Record<string, Record<string, Entry>>;
    return { file: file!, entry: (servers ?? mcpServers)!["agent-jobs"]! };
  },
);

describe("the page on MCP", () => {
  it("has an entry for three agents", () => {
    assert.deepEqual(
      entries.map(({ file }) => file),
      [".mcp.json", ".vscode/mcp.json", ".cursor/mcp.json"],
    );
  });

  for (const { file, entry } of entries)
    it(`has a server for ${file} that answers, with the tools of its table`, async () => {
      const folder = scratchFolder({ "nightly.job.mjs": "export default { items: [1], process() {} };" });
      const client = new Client({ name: "page", version: "1" });
      try {
        assert.deepEqual([entry.command, entry.args[0]], ["npx", "agent-jobs"]);
        const args = entry.args.slice(1).map((arg) => (arg === "${workspaceFolder}" ? folder.path : arg));
        await client.connect(
          new StdioClientTransport({
            command: process.execPath,
            args: [cliPath, ...args],
            cwd: folder.path,
            stderr: "ignore",
          }),
        );
        const { tools } = await client.listTools();
        const rows = [...page.matchAll(/^\| `(\w+)` \|.*\| (yes|no) \|$/gm)];
        assert.deepEqual(
          rows.map(([, name, asks]) => [name, asks]),
          tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint ? "no" : "yes"]),
        );
        const { structuredContent } = await client.callTool({ name: "list_jobs", arguments: {} });
        assert.equal((structuredContent as { said: string }).said, "1 job.");
      } finally {
        await client.close();
        folder.remove();
      }
    });
});
