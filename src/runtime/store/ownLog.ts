import { maxRecordBytes } from "../config.js";
import { encodeRecord, type WritableRecord } from "../format/record.js";
import { type JobState, latestRun } from "../state/jobState.js";
import { AppendFile, type Durability } from "./appendFile.js";
import type { Lock } from "./lock.js";

/** Takes encoded or foreign lines to the file or files they belong in. */
export interface LineSink {
  append(records: readonly WritableRecord[], durability: Durability): Promise<void>;
  close(): Promise<void>;
}

/** Our own format: every record in the one file. */
export class OwnLog implements LineSink {
  private constructor(private readonly file: AppendFile) {}

  static async open(path: string, lock: Lock, state: JobState): Promise<OwnLog> {
    const file = await AppendFile.open(path, {
      beforeBatch: () => lock.check(),
      // A tear that an earlier process left is told by the run's first record.
      afterTear: (code) => (code === undefined ? Buffer.alloc(0) : writeError(state, code)),
    });
    return new OwnLog(file);
  }

  append(records: readonly WritableRecord[], durability: Durability): Promise<void> {
    const lines = records.map(encodeChecked);
    return this.file.append(lines.length === 1 ? lines[0]! : Buffer.concat(lines), durability);
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

export function writeError(state: JobState, code: string): Buffer {
  return encodeRecord({ type: "write-error", atMs: Date.now(), run: latestRun(state)?.run ?? 0, code });
}

/** @throws RangeError where the record is longer than a reader would take. */
export function encodeChecked(record: WritableRecord): Buffer {
  return assertFits(encodeRecord(record));
}

/** @throws RangeError where the line is longer than a reader would take. */
export function assertFits(line: Buffer): Buffer {
  if (line.length <= maxRecordBytes) return line;
  throw new RangeError(
    `A record of ${line.length} bytes is over the limit of ${maxRecordBytes}: write the result to a file and keep its path.`,
  );
}
