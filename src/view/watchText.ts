import { isForeignKind } from "../runtime/format/foreignKinds.js";
import type { CheckpointFormat } from "../runtime/format/scan.js";
import { t } from "./l10n.js";

/** What a person is told of a file that is listed from now on. */
export interface WatchedFile {
  /** As it is shown. */
  name: string;
  /** Null where the rows are of a shape of their own. */
  format: CheckpointFormat | null;
  /** The job file that is listed with it, as it is shown; null where none is. */
  jobFile: string | null;
  /** Its header names a job file, wherever that is. */
  namesJobFile: boolean;
}

/** What can be done with it here, and who goes on with it. */
export function watchingText({ name, format, jobFile, namesJobFile }: WatchedFile): string {
  if (format === null || isForeignKind(format)) return t("Watching {0}: only read, never changed.", name);
  if (jobFile !== null) return t("Watching {0}. It is a checkpoint of {1}.", name, jobFile);
  return namesJobFile
    ? t("Watching {0}. It can be repaired here; it is run where its job file is.", name)
    : t(
        "Watching {0}. It can be repaired here; the program that wrote it goes on with it, or a job file that names it as its checkpoint.",
        name,
      );
}
