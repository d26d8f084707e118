import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { messageOf } from "../runtime/errors.js";
import { mappingOf } from "../runtime/foreign/mapping.js";
import { CommandError, exit } from "./exitCodes.js";
import type { Target } from "./targets.js";

export interface MapFlag {
  map?: string;
}

/** For a command that reads: rows of a shape of one's own. */
export function takesMap(command: Command): Command {
  return command.option(
    "--map <file>",
    'how rows of JSON Lines are read: a file such as {"id": "doc_id", "error": "error", "result": "answer", "total": {"lines": "input.jsonl"}}',
  );
}

/**
 * The targets, read as the flag says.
 * @throws CommandError exit 2 where the file that it names cannot be used, or a job file's checkpoints are meant
 */
export async function mapped(targets: Target[], { map }: MapFlag): Promise<Target[]> {
  if (map === undefined) return targets;
  const own = targets.find(({ jobFile }) => jobFile !== null);
  if (own)
    throw new CommandError(
      exit.usage,
      `--map is for files of other tools, and ${own.jobFile} is a job of ours. Name the file to be read.`,
    );
  try {
    const mapping = mappingOf(JSON.parse(await readFile(map, "utf8")));
    return targets.map((target) => ({ ...target, readAs: { mapping } }));
  } catch (error) {
    throw new CommandError(exit.usage, `Cannot read rows by ${map}: ${messageOf(error)}`);
  }
}
