import type { Command } from "commander";
import { plural, safeText } from "../view/text.js";
import { CommandError, exit } from "./exitCodes.js";
import { distinct, labelsOf, type Target, targetsOf } from "./targets.js";
import { printError } from "./terminal.js";

/** Which of a job file's runs a command is about. */
export interface RunChoice {
  /** The label of the runs. */
  as?: string;
  /** All of them, labelled or not. */
  all?: boolean;
}

export function takesLabel(command: Command): Command {
  return command.option("--as <label>", "of a job file's runs, those with this label");
}

export function takesRunChoice(command: Command): Command {
  return takesLabel(command).option("--all", "all of a job file's runs, labelled or not");
}

/**
 * What paths name, where the runs of one job are not to be mixed unasked: of a job file with several the unlabelled
 * one, with a word on the others.
 * @param cleared also those that were cleared
 * @throws CommandError exit 2 where it cannot be told which run is meant
 */
export async function chosenTargets(
  paths: readonly string[],
  choice: RunChoice,
  cleared = false,
): Promise<Target[]> {
  if (choice.as !== undefined && choice.all)
    throw new CommandError(exit.usage, "Expected --as with a label, or --all, not both.");
  const chosen: Target[] = [];
  for (const path of paths) {
    const targets = await targetsOf(path, { label: choice.as, cleared });
    const isOneJob = targets.every(({ jobFile }) => jobFile !== null && jobFile === targets[0]!.jobFile);
    const isSettled = choice.as !== undefined || choice.all || targets.length < 2 || !isOneJob;
    chosen.push(...(isSettled ? targets : [unlabelledOf(targets)]));
  }
  return distinct(chosen);
}

function unlabelledOf(targets: readonly Target[]): Target {
  const unlabelled = targets.filter(({ label }) => label === null);
  const name = safeText(targets[0]!.name);
  const labels = labelsOf(targets);
  if (unlabelled.length > 1)
    throw new CommandError(
      exit.usage,
      `${name} has several checkpoints: ${unlabelled.map(({ checkpoint }) => checkpoint).join(", ")}. Name one of them, or add --all.`,
    );
  if (unlabelled.length === 0)
    throw new CommandError(
      exit.usage,
      `${name} has ${plural(labels.length, "labelled run")}: ${labels.join(", ")}. Choose one with --as LABEL, or all with --all.`,
    );
  printError(
    `This is the run of ${name} without a label. It has labelled ones, too: ${labels.join(", ")}. Choose one with --as LABEL, or all with --all.`,
  );
  return unlabelled[0]!;
}
