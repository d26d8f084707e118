import * as vscode from "vscode";
import { CheckpointScanner, type Fault, type ScanSummary } from "../../runtime/format/scan.js";
import type { Job } from "../job.js";

/** A longer document is not scanned: its file was, and the catalog knows its faults. */
const maxScannedChars = 5_000_000;

/** A fault and where it stands in a document. */
export interface PlacedFault {
  fault: Fault;
  range: vscode.Range;
}

export interface DocumentFaults {
  faults: PlacedFault[];
  /** The last line is an unfinished record. */
  tornTail: vscode.Range | null;
  /** Whether the document is a checkpoint of a known format at all. */
  known: boolean;
}

/** The faults of a checkpoint's document as it is in the editor, saved or not. */
export function faultsOf(document: vscode.TextDocument, job: Job): DocumentFaults {
  // Nothing of another tool's file is underlined, since nothing in it is to be repaired: the tree tells what was not read.
  if (job.view?.foreign) return { faults: [], tornTail: null, known: false };
  const text = document.getText();
  // What is no UTF-8 was replaced when the document was read: only the file's bytes show it.
  const asFile = text.length > maxScannedChars || (!document.isDirty && text.includes("\ufffd"));
  if (asFile) {
    const scan = document.isDirty ? undefined : job.view?.scan;
    const lineRange = ({ line }: Fault) => document.lineAt(Math.min(line, document.lineCount) - 1).range;
    return placed(document, scan, lineRange);
  }
  const bytes = Buffer.from(text, "utf8");
  const scanner = new CheckpointScanner();
  for (const _ of scanner.push(bytes)) void _;
  return placed(document, scanner.summary(), ({ offsetBytes, lengthBytes }) => {
    const start = bytes.toString("utf8", 0, offsetBytes).length;
    const length = bytes.toString("utf8", offsetBytes, offsetBytes + lengthBytes).length;
    return new vscode.Range(document.positionAt(start), document.positionAt(start + length));
  });
}

function placed(
  document: vscode.TextDocument,
  scan: ScanSummary | undefined,
  rangeOf: (fault: Fault) => vscode.Range,
): DocumentFaults {
  if (!scan || scan.format === "unknown") return { faults: [], tornTail: null, known: false };
  const last = document.lineAt(document.lineCount - 1);
  return {
    faults: scan.faults.map((fault) => ({ fault, range: rangeOf(fault) })),
    tornTail: scan.tornTail ? last.range : null,
    known: true,
  };
}
