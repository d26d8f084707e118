import { LineSplitter } from "../format/lines.js";
import type { RecordScanner, ScanSummary } from "../format/scan.js";

/** Counts the lines of a file that are not blank; gives no records. */
export class LineCounter implements RecordScanner {
  private readonly splitter = new LineSplitter(maxBlankBytes, "cut");
  private ended = 0;

  /** Also the last line where no newline ends it. */
  get count(): number {
    return this.ended + (isBlank(this.splitter.tail()?.bytes) ? 0 : 1);
  }

  push(chunk: Buffer): [] {
    for (const { bytes } of this.splitter.push(chunk)) if (!isBlank(bytes)) this.ended++;
    return [];
  }

  tailRecord(): undefined {
    return undefined;
  }

  summary(): ScanSummary {
    const nothing = {
      faults: [],
      faultCount: 0,
      damageCount: 0,
      unverified: 0,
      tornTail: false,
      openTail: false,
    };
    return { format: "unknown", ...nothing, lines: this.count };
  }
}

/** No more of a line is looked at. */
const maxBlankBytes = 4096;

function isBlank(bytes: Buffer | null | undefined): boolean {
  return !bytes?.some((byte) => byte !== 0x20 && byte !== 0x0d && byte !== 0x09);
}
