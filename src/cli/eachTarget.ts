import { messageOf } from "../runtime/errors.js";
import { exit, exitCodeOfError } from "./exitCodes.js";
import type { Target } from "./targets.js";
import { printError } from "./terminal.js";

/** What became of one of several checkpoints. */
export interface Outcome {
  /** Left out: all is well. */
  code?: number;
  json: Record<string, unknown>;
}

/** From the code that says most to the one that says least. */
const byWeight: readonly number[] = [
  exit.usage,
  exit.cannotWrite,
  exit.held,
  exit.undecided,
  exit.damaged,
  exit.ok,
];

/** The exit code of several outcomes: 2 beats 3 beats 0. */
export function worstOf(codes: readonly number[]): number {
  return byWeight.find((code) => codes.includes(code)) ?? codes[0] ?? exit.ok;
}

/**
 * Does something to each of several checkpoints. They are files of their own, so one where it fails is told and the
 * others go on. Where nobody can be asked about one, nobody can be about the next.
 */
export async function eachTarget(
  targets: readonly Target[],
  act: (target: Target) => Promise<Outcome>,
): Promise<{ code: number; results: Record<string, unknown>[]; failed: Record<string, unknown>[] }> {
  const codes: number[] = [];
  const results: Record<string, unknown>[] = [];
  const failed: Record<string, unknown>[] = [];
  for (const target of targets) {
    try {
      const { code = exit.ok, json } = await act(target);
      codes.push(code);
      results.push(json);
    } catch (error) {
      const code = exitCodeOfError(error);
      const message = messageOf(error);
      codes.push(code);
      failed.push({ checkpoint: target.checkpoint, error: message });
      printError(message);
      if (code === exit.undecided) break;
    }
  }
  return { code: worstOf(codes), results, failed };
}

/** The members of a JSON object that tell of the failed ones; none where none failed. */
export const failedJson = (failed: readonly unknown[]): { failed?: readonly unknown[] } =>
  failed.length > 0 ? { failed } : {};
