/** What strace saw a thread call. */
export interface Call {
  name: string;
  /** How many of its name came up to it, itself included: what strace's `when` counts. */
  nth: number;
  /** As many, without wake-ups: by this a call is known again in another run. */
  ordinal: number;
  /**
   * It wakes another thread, or was woken, or is the process's own at its end. How many of these there are differs
   * from run to run with the moments.
   */
  isWakeUp: boolean;
}

/** The calls that a thread made, in order. Of one that was killed, the last is the one that it was killed at. */
export function callsIn(trace: string): Call[] {
  const counts = new Map<string, number>();
  const ordinals = new Map<string, number>();
  return [...trace.matchAll(/^(\w+)\(.*$/gm)].map(([line, name = ""]) => {
    const isWakeUp = /^\w+\(\d+<(anon_inode|pipe|socket|UNIX)/.test(line);
    const nth = (counts.get(name) ?? 0) + 1;
    const ordinal = (ordinals.get(name) ?? 0) + (isWakeUp ? 0 : 1);
    counts.set(name, nth);
    ordinals.set(name, ordinal);
    return { name, nth, ordinal, isWakeUp };
  });
}
