import type { ForeignKind } from "../format/foreignKinds.js";
import { CheckpointScanner, type RecordScanner } from "../format/scan.js";
import type { DocumentKind, LineKind } from "./kind.js";
import { kindNamed, kindOf } from "./kindOf.js";
import { type Mapping, mappedLines } from "./mapping.js";
import { DocumentRowScanner, LineRowScanner } from "./rowScanner.js";

/** What a person has said of how a file is to be read. */
export interface ReadAs {
  /** Of a kind whatever its content tells. */
  kind?: ForeignKind;
  /** Rows of a shape of one's own. */
  mapping?: Mapping;
}

/**
 * The scanner for a file that begins so.
 * @returns also whether more bytes may tell otherwise
 */
export function scannerFor(
  head: Buffer,
  { kind, mapping }: ReadAs = {},
): { scanner: RecordScanner; isSure: boolean } {
  const named = mapping ? mappedLines(mapping) : kind === undefined ? undefined : kindNamed(kind);
  if (named) return { scanner: scannerOf(named), isSure: true };
  const found = kindOf(head);
  if (found === undefined || found === "more")
    return { scanner: new CheckpointScanner(), isSure: found !== "more" };
  return { scanner: scannerOf(found), isSure: true };
}

function scannerOf(kind: LineKind | DocumentKind): RecordScanner {
  return "rows" in kind ? new DocumentRowScanner(kind) : new LineRowScanner(kind);
}
