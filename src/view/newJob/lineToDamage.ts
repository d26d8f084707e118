const newline = 0x0a;
/** What a line of a finished item begins with. */
const doneBegin = Buffer.from('{"id":');
const spoilAt = 12;

/** Where a checkpoint is to be spoilt so that a repair has something to mend: in a finished item's line in its middle. */
export interface Damage {
  /** Counted from 1. */
  line: number;
  offsetBytes: number;
  bytes: Buffer;
}

/** Undefined where no finished item has a line. Nothing but bytes of that line are changed, and none is added. */
export function lineToDamage(file: Buffer): Damage | undefined {
  const done: { line: number; from: number }[] = [];
  for (let from = 0, line = 1; from < file.length; line++) {
    const end = file.indexOf(newline, from);
    if (end === -1) break; // a last line without its end is torn already
    const isDone = file.subarray(from, from + doneBegin.length).equals(doneBegin);
    if (isDone && end - from > spoilAt + 4) done.push({ line, from });
    from = end + 1;
  }
  const middle = done[Math.floor(done.length / 2)];
  if (!middle) return undefined;
  return { line: middle.line, offsetBytes: middle.from + spoilAt, bytes: Buffer.from("####") };
}
