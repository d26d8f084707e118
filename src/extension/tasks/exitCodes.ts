// Exit codes of the command line's contract that say more than that something failed.

/** A run that wants to be told what to do about changed parameters. */
export const undecided = 5;
/** A run that ended in order before all was done: it had begun, however late VS Code told of it. */
export const stoppedEarly = 75;
/** A person ended it, with Ctrl-C or by closing its terminal. */
export const endedByPerson: ReadonlySet<number> = new Set([130, 143]);
