/**
 * Reads another program's SQLite database. What is opened is a copy with its journals: SQLite makes files beside a
 * database in WAL mode even where it only reads it, and looked at alone it lacks what its WAL still holds.
 */
import { copyFile, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { AgentJobsError, messageOf, systemCodeOf } from "../errors.js";
import { rowColumns } from "./checkpointRows.js";
import type { Members } from "./oldJson.js";

const companions = ["", "-wal", "-journal"];

/**
 * The rows of the table `checkpoints`, in the order in which they were made.
 * @throws AgentJobsError AJ_READ without SQLite, and where the system refuses; AJ_UNKNOWN_FORMAT where there is no such
 *   table; AJ_DAMAGED where SQLite cannot read it; AJ_CHANGED where it is being written to
 */
export async function sqliteRows(path: string): Promise<Members[]> {
  const Database = databaseClass(path);
  const folder = await mkdtemp(join(tmpdir(), "agent-jobs-migrate-"));
  try {
    const copy = join(folder, "copy.db");
    const before = await stampOf(path);
    for (const suffix of companions)
      await copyFile(path + suffix, copy + suffix).catch((error: unknown) => {
        if (suffix !== "" && systemCodeOf(error) === "ENOENT") return;
        throw new AgentJobsError("AJ_READ", `Cannot copy ${path}${suffix} to read it: ${messageOf(error)}.`, {
          cause: error,
        });
      });
    if ((await stampOf(path)) !== before)
      throw new AgentJobsError(
        "AJ_CHANGED",
        `Cannot read ${path}: something is writing to it. Stop that, then try again.`,
      );
    return rowsOf(Database, copy, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function stampOf(path: string): Promise<string> {
  const stats = await Promise.all(companions.map((suffix) => stat(path + suffix).catch(() => undefined)));
  return stats.map((each) => `${each?.ino} ${each?.size} ${each?.mtimeMs}`).join("\n");
}

function rowsOf(Database: typeof DatabaseSync, copy: string, path: string): Members[] {
  let database: DatabaseSync | undefined;
  try {
    database = new Database(copy);
    const found = database.prepare("SELECT name FROM pragma_table_info('checkpoints')").all();
    const missing = rowColumns.filter((column) => !found.some(({ name }) => name === column));
    if (missing.length > 0)
      throw new AgentJobsError(
        "AJ_UNKNOWN_FORMAT",
        `Cannot migrate ${path}: this database has no table "checkpoints" with the columns ${rowColumns.join(", ")}${found.length > 0 ? ` (${missing.join(", ")} missing)` : ""}. Nothing was written.`,
      );
    const columns = rowColumns.join(", ");
    return database.prepare(`SELECT ${columns} FROM checkpoints ORDER BY rowid`).all() as Members[];
  } catch (error) {
    if (error instanceof AgentJobsError) throw error;
    throw new AgentJobsError(
      "AJ_DAMAGED",
      `Cannot read the database ${path}: ${messageOf(error)}. Nothing was written. sqlite3's \`.recover\` may bring back what is in it.`,
      { cause: error },
    );
  } finally {
    database?.close();
  }
}

/** Node's own, whose word that it is experimental is of no use to whoever migrates a file. */
function databaseClass(path: string): typeof DatabaseSync {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (!String(warning).includes("SQLite")) emitWarning.call(process, warning, ...rest);
  }) as typeof emitWarning;
  try {
    const sqlite = process.getBuiltinModule("node:sqlite") as typeof import("node:sqlite") | undefined;
    if (sqlite) return sqlite.DatabaseSync;
  } finally {
    process.emitWarning = emitWarning;
  }
  throw new AgentJobsError(
    "AJ_READ",
    `Cannot read the database ${path}: this Node.js (${process.version}) is without SQLite. Use one with it, 22.15 or later, not started with --no-experimental-sqlite.`,
  );
}
