import { realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import packageJson from "../../../package.json";
import { CommandError, exit } from "../exitCodes.js";
import { leave, printWarning } from "../terminal.js";

const further = `
It is started by an agent or an editor, as in this entry of its configuration:
  { "command": "agent-jobs", "args": ["mcp", "/path/to/folder"] }
Jobs can be listed, their failures explained and a resume previewed; resuming,
retrying and repairing ask the person first. Runs go on when it ends.`;

export function registerMcp(program: Command): void {
  program
    .command("mcp")
    .description("offer the jobs of a folder to language models, over MCP on standard input and output")
    .argument("[folder]", "the folder with the jobs", ".")
    .addHelpText("after", further)
    .action(async (folder: string) => leave(await mcp(folder)));
}

async function mcp(path: string): Promise<number> {
  const folder = resolve(path);
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw new CommandError(
      exit.usage,
      `${found ? `${folder} is no folder.` : `There is no folder ${folder}.`} Name the folder that holds the jobs. Nothing was offered.`,
    );
  // The protocol alone may be on standard output; what libraries print goes where nobody takes it for that.
  console.log = console.info = console.debug = console.error;
  if (process.stdin.isTTY)
    printWarning(
      `Offering the jobs of ${folder} over MCP, and waiting for a client on standard input. An agent or an editor starts this by itself (agent-jobs mcp --help says how). Ctrl-C ends it.`,
    );
  // The protocol's code is as large as all the rest of the command line, and no other command needs it.
  const { serve } = await import("../mcp/mcpServer.js");
  return serve({ folder: await realpath(folder), cli: __filename, version: packageJson.version });
}
