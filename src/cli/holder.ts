import { JobHeldError } from "../runtime/errors.js";
import { inspectLock } from "../runtime/store/lock.js";
import { type HeldLock, heldText, holderOf, holderState, holderText } from "../runtime/store/lockText.js";
import { CommandError, exit } from "./exitCodes.js";
import { confirm, print, printError } from "./terminal.js";

/**
 * Says at once that a run holds the job. The lock decides later all the same.
 * @param what what cannot be done, as the beginning of a sentence
 * @throws JobHeldError AJ_HELD
 */
export async function assertNotHeld(what: string, checkpoint: string): Promise<void> {
  const found = await inspectLock(checkpoint);
  if (found.status === "live" || found.status === "expired") throw heldError(what, checkpoint, found);
}

/**
 * Says before the first of several is changed that runs hold some of them.
 * @param what what cannot be done, as the beginning of a sentence
 * @param count of how many checkpoints in all, held or not
 * @throws JobHeldError AJ_HELD for one alone; CommandError exit 4 naming all that are held
 */
export async function assertNoneHeld(
  what: (checkpoint: string) => string,
  checkpoints: readonly string[],
  count = checkpoints.length,
): Promise<void> {
  const errors: JobHeldError[] = [];
  for (const checkpoint of checkpoints) {
    const found = await inspectLock(checkpoint);
    if (found.status === "live" || found.status === "expired")
      errors.push(heldError(what(checkpoint), checkpoint, found));
  }
  if (errors.length === 1 && count === 1) throw errors[0]!;
  if (errors.length === 0) return;
  const others = count > errors.length ? ", the others included" : "";
  const lines = [...errors.map(({ message }) => message), `Nothing was changed${others}.`];
  throw new CommandError(exit.held, lines.join("\n"));
}

function heldError(what: string, checkpoint: string, held: HeldLock): JobHeldError {
  return new JobHeldError(heldText(what, checkpoint, held, Date.now()), holderOf(held));
}

interface TakeOverFlags {
  takeOver?: boolean;
  yes?: boolean;
  json?: boolean;
}

/**
 * Lets a person break a lock, after seeing whose it is.
 * @returns the token of the lock that may be broken; undefined where none is in the way
 * @throws JobHeldError AJ_HELD without --take-over; CommandError exit 5 where nobody can be asked, or says no
 */
export async function settleHolder(
  name: string,
  checkpoint: string,
  flags: TakeOverFlags,
): Promise<string | undefined> {
  const found = await inspectLock(checkpoint);
  if (found.status === "free" || found.status === "stale") return undefined;
  if (!flags.takeOver) throw heldError(`Cannot run ${name}`, checkpoint, found);
  const nowMs = Date.now();
  const lines = [
    `${name} is held by ${holderText(found, nowMs)}. ${holderState(found, nowMs)}`,
    "Taking over breaks its lock: if it still runs, it stops before its next record, and what it has in hand is begun again here.",
  ];
  for (const line of lines) (flags.json ? printError : print)(line);
  const agreed = flags.yes || (await confirm("Take over?"));
  if (agreed === null)
    throw new CommandError(
      exit.undecided,
      `Will not take ${name} over unasked: nobody can be asked here. Make sure that pid ${found.content.pid} on ${found.content.host} is dead, then run again with --take-over --yes.`,
    );
  if (!agreed) throw new CommandError(exit.undecided, "The job was not taken over; nothing was changed.");
  return found.content.token;
}
