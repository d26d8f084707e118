/** What strace saw a thread call. */
export interface Call {
  name: string;
  /** How many of its name came up to it, itself included: what strace's `when` counts. */
  nth: number;
}

/**
 * The calls that a thread made of the file system, in order. Those that wake another thread, or are woken, are left
 * out: how many there are differs from run to run with the moments. They count for `nth` all the same.
 */
export function callsIn(trace: string): Call[] {
  const counts = new Map<string, number>();
  const calls: Call[] = [];
  for (const [line, name] of trace.matchAll(/^(\w+)\(.*$/gm)) {
    const nth = (counts.get(name!) ?? 0) + 1;
    counts.set(name!, nth);
    if (!wakes.test(line)) calls.push({ name: name!, nth });
  }
  return calls;
}

/** Whether the last call of a thread that was killed is one of those. */
export function endsInCall(trace: string): boolean {
  const last = [...trace.matchAll(/^\w+\(.*$/gm)].at(-1)?.[0];
  return last !== undefined && !wakes.test(last);
}

const wakes = /^\w+\(\d+<(anon_inode|pipe|socket|UNIX)/;
