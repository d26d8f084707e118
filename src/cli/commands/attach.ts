import type { Command } from "commander";
import { liveHolder } from "../../runtime/store/lockHolder.js";
import { attachTo } from "../attach.js";
import { CommandError, exit } from "../exitCodes.js";
import { shellWord } from "../shellWord.js";
import { readTarget, type Target, targetsOf } from "../targets.js";
import { leave, print, printJson } from "../terminal.js";
import { exitCodeOf, printView } from "./status.js";

export function registerAttach(program: Command): void {
  program
    .command("attach")
    .description("follow a run, wherever it was started; Ctrl-C leaves it running")
    .argument("<job>", "the job file or the checkpoint")
    .option("--json", "print one JSON event a line")
    .action(async (path: string, flags: { json?: boolean }) => leave(await attach(path, flags)));
}

async function attach(path: string, flags: { json?: boolean }): Promise<number> {
  const targets = await targetsOf(path);
  const live: { target: Target; token: string }[] = [];
  for (const target of targets) {
    const holder = await liveHolder(target.checkpoint);
    if (holder) live.push({ target, token: holder.token });
  }
  if (live.length > 1)
    throw new CommandError(
      exit.usage,
      `${live.length} runs of ${path} are live. Name the checkpoint of one: ${live.map(({ target }) => shellWord(target.checkpoint)).join(", ")}.`,
    );
  const [found] = live;
  return found ? attachTo(found.target, found.token, flags) : tellLast(path, targets, flags);
}

/** Nothing runs: how the last run ended, and the exit code that `status` has for that. */
async function tellLast(
  path: string,
  targets: readonly Target[],
  flags: { json?: boolean },
): Promise<number> {
  const views = [];
  for (const target of targets) views.push(await readTarget(target));
  const message = `No run of ${path} is live.`;
  if (!flags.json) print(message);
  for (const view of views) {
    const { lastRun, total, remaining } = view.status;
    if (!flags.json) printView(view, true);
    else if (!lastRun) printJson({ event: "notice", message });
    else {
      const { done, failed, startedAtMs, ended } = lastRun.run;
      const ms = Math.round((ended?.atMs ?? view.state.lastRecordAtMs ?? startedAtMs) - startedAtMs);
      printJson({ event: "run-ended", reason: lastRun.ended, done, failed, total, remaining, ms });
    }
  }
  return exitCodeOf(views);
}
