import { maxRecordBytes } from "../config.js";
import { encodeRecord, type WritableRecord } from "../format/record.js";
import type { JobState } from "../state/jobState.js";
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
      afterFailure: (code) =>
        encodeRecord({ type: "write-error", atMs: Date.now(), run: Math.max(0, ...state.runs.keys()), code }),
    });
    return new OwnLog(file);
  }

  append(records: readonly WritableRecord[], durability: Durability): Promise<void> {
    return this.file.append(Buffer.concat(records.map(encodeChecked)), durability);
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** @throws RangeError where the record is longer than a reader would take. */
export function encodeChecked(record: WritableRecord): Buffer {
  const bytes = encodeRecord(record);
  if (bytes.length > maxRecordBytes)
    throw new RangeError(
      `A record of ${bytes.length} bytes is over the limit of ${maxRecordBytes}: write the result to a file and keep its path.`,
    );
  return bytes;
}
