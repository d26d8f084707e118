import { basename } from "node:path";
import * as vscode from "vscode";
import { AgentJobsError, messageOf } from "../../runtime/errors.js";
import { kindBytes } from "../../runtime/foreign/kindOf.js";
import { rowsIn } from "../../runtime/foreign/members.js";
import type { SourceRow } from "../../runtime/foreign/row.js";
import type { CheckpointFormat } from "../../runtime/format/scan.js";
import { openPlain } from "../../runtime/store/plainFile.js";
import { sniffCheckpoint } from "../../runtime/store/sniff.js";

/** What a file is that somebody wants to watch. */
export type Looked =
  | { format: Exclude<CheckpointFormat, "unknown" | "empty"> }
  /** Of a shape of its own. */
  | { rows: SourceRow[] };

/**
 * Looks at a file's beginning.
 * @throws AgentJobsError AJ_READ, AJ_NOT_A_FILE, AJ_UNKNOWN_FORMAT where it is nothing that can be watched
 */
export async function lookAt(path: string): Promise<Looked> {
  const format = await sniffCheckpoint(path).catch((error: unknown) => {
    throw new AgentJobsError(
      "AJ_READ",
      vscode.l10n.t("Cannot read {0}: {1}. Make it readable, then try again.", path, messageOf(error)),
    );
  });
  if (format === "missing")
    throw new AgentJobsError(
      "AJ_NOT_A_FILE",
      vscode.l10n.t("Cannot watch {0}: it is no file. Choose a file.", path),
    );
  if (format !== "unknown" && format !== "empty" && format !== "binary") return { format };
  const file = await openPlain(path);
  try {
    const bytes = Buffer.alloc(kindBytes);
    const { bytesRead } = await file.read(bytes, 0, kindBytes, 0);
    const rows = rowsIn(bytes.subarray(0, bytesRead));
    if (rows.length > 0) return { rows };
  } finally {
    await file.close();
  }
  throw new AgentJobsError(
    "AJ_UNKNOWN_FORMAT",
    vscode.l10n.t(
      "Cannot watch {0}: it is of no kind that Agent Jobs knows, nor JSON Lines with an object a line. Choose a checkpoint, a batch's output, results of promptfoo, a JSON log of Inspect, or a .jsonl file.",
      basename(path),
    ),
  );
}
