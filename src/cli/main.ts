import { Command, CommanderError } from "commander";
import packageJson from "../../package.json";
import { messageOf } from "../runtime/errors.js";
import { redact } from "../runtime/redact.js";
import { safeLines } from "../runtime/safeText.js";
import { registerAttach } from "./commands/attach.js";
import { registerClear } from "./commands/clear.js";
import { registerCompact } from "./commands/compact.js";
import { registerDoubt } from "./commands/doubt.js";
import { registerFailures } from "./commands/failures.js";
import { registerInput } from "./commands/input.js";
import { registerMcp } from "./commands/mcp.js";
import { registerMerge } from "./commands/merge.js";
import { registerMigrate } from "./commands/migrate.js";
import { registerPlan } from "./commands/plan.js";
import { registerRepair } from "./commands/repair.js";
import { registerReport } from "./commands/report.js";
import { registerResults } from "./commands/results.js";
import { registerRetry, registerRun } from "./commands/run.js";
import { registerStatus } from "./commands/status.js";
import { registerStop } from "./commands/stop.js";
import { registerTry } from "./commands/try.js";
import { catchCrashes } from "./crash.js";
import { exit, exitCodeOfError } from "./exitCodes.js";
import { leave, noteError, printError } from "./terminal.js";

async function main(argv: string[]): Promise<void> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 15)) {
    printError(
      `This is Node.js ${process.versions.node}, and 22.15 or later is needed. Nothing was done. Install it, or name one by its path.`,
    );
    return leave(exit.usage);
  }
  // A terminal that was closed, or a reader such as `head` that has enough, must not end a run.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  catchCrashes();
  const program = new Command("agent-jobs")
    .description(
      "Long batch jobs over LLMs and agents that survive crashes: run, resume, watch and repair them.",
    )
    .version(packageJson.version)
    .showHelpAfterError("Run with --help for all options.")
    .configureOutput({
      writeErr: (text) => process.stderr.write(safeLines(redact(text)).join("\n")),
      outputError: (text, write) => {
        noteError(text);
        write(text);
      },
    })
    .exitOverride();
  const commands = [
    registerRun,
    registerRetry,
    registerTry,
    registerAttach,
    registerStop,
    registerPlan,
    registerStatus,
    registerDoubt,
    registerFailures,
    registerInput,
    registerResults,
    registerReport,
    registerRepair,
    registerCompact,
    registerMerge,
    registerMigrate,
    registerClear,
    registerMcp,
  ];
  for (const register of commands) register(program);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) return leave(error.exitCode === 0 ? exit.ok : exit.usage);
    printError(messageOf(error));
    if (process.env.AGENT_JOBS_DEBUG && error instanceof Error) printError(error.stack ?? "");
    return leave(exitCodeOfError(error));
  }
}

void main(process.argv);
