import { access } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { inspectLock } from "../../runtime/store/lock.js";
import { requestStop } from "../../runtime/store/stopRequest.js";
import { CommandError, exit } from "../exitCodes.js";
import { takesLabel } from "../runChoice.js";
import { targetsOf } from "../targets.js";
import { leave, print } from "../terminal.js";

const lookAgainMs = 200;

interface StopFlags {
  as?: string;
  wait: boolean;
}

export function registerStop(program: Command): void {
  takesLabel(program.command("stop"))
    .description("end a run in order, wherever it was started: what is in flight finishes")
    .argument("<job>", "the job file or the checkpoint")
    .option("--no-wait", "only ask; do not wait for the end")
    .action(async (path: string, flags: StopFlags) => leave(await stop(path, flags)));
}

async function stop(path: string, flags: StopFlags): Promise<number> {
  if (!(await exists(path)))
    throw new CommandError(exit.usage, `There is no ${resolve(path)}. Nothing was stopped. Check the path.`);
  const asked: { checkpoint: string; token: string }[] = [];
  for (const { checkpoint } of await targetsOf(path, { label: flags.as })) {
    const token = await requestStop(checkpoint);
    if (token !== null) asked.push({ checkpoint, token });
  }
  if (asked.length === 0) {
    print(`Nothing to stop: no run of ${path} is live.`);
    return exit.ok;
  }
  for (const { checkpoint } of asked)
    print(`Asked the run of ${checkpoint} to stop. It finishes what is in flight.`);
  if (flags.wait) {
    await Promise.all(asked.map(({ checkpoint, token }) => ended(checkpoint, token)));
    print("Stopped. What is done is kept; run the job again to go on.");
  }
  return exit.ok;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function ended(checkpoint: string, token: string): Promise<void> {
  for (;;) {
    const found = await inspectLock(checkpoint);
    if (found.status !== "live" || found.content.token !== token) return;
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
  }
}
