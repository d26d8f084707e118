import { type BigIntStats, constants, lstatSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { AgentJobsError, CheckpointWriteError, messageOf, systemCodeOf } from "../errors.js";
import { notAFile } from "./notAFile.js";
import { syncFolder } from "./syncFolder.js";

/** `written`: the system has the bytes, a power cut may lose them. `synced`: they are on the disk. */
export type Durability = "written" | "synced";

export interface AppendOptions {
  /** Called before each batch; what it throws rejects the batch. */
  beforeBatch?: () => void;
  /**
   * Bytes to begin with, besides the newline guard, where the file may end inside a line: after a failed write,
   * given the system's error code, or, given undefined, where it was opened so.
   */
  afterTear?: (code: string | undefined) => Buffer;
}

/** What callers of one turn wait for together. */
interface Shared {
  promise: Promise<void>;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Lines that go to the file in one write. */
interface Batch {
  parts: Buffer[];
  bytes: number;
  /** Undefined where nobody waits for so much. */
  written: Shared | undefined;
  synced: Shared | undefined;
}

const maxBatchBytes = 16 * 1024 * 1024;
const newline = Buffer.from("\n");

/**
 * Appends whole lines to a file: one write call a batch, its count checked, fdatasync shared by all that wait at
 * the time. After a failed or short write nothing of the batch is acknowledged and the next one begins with a
 * newline, so that a torn line never swallows the next record. Nothing is ever truncated.
 */
export class AppendFile {
  /** The last one still takes lines. */
  private readonly queue: Batch[] = [];
  private draining: Promise<void> | undefined;
  private failure: string | undefined;
  private closed = false;

  private constructor(
    readonly path: string,
    private handle: FileHandle | undefined,
    private guard: boolean,
    /** The file as it was when it was opened first: what is at the path must stay the same one. */
    private readonly identity: FileIdentity,
    private readonly options: AppendOptions,
  ) {}

  /**
   * Opens a regular file, creating it with mode 0600.
   * @throws AgentJobsError AJ_NOT_A_FILE for a link, directory, FIFO or device; CheckpointWriteError AJ_WRITE
   *   where the system refuses.
   */
  static async open(path: string, options: AppendOptions = {}): Promise<AppendFile> {
    const { handle, guard, identity } = await openForAppend(path);
    return new AppendFile(path, handle, guard, identity, options);
  }

  /**
   * Appends lines that end in a newline.
   * @throws CheckpointWriteError (AJ_WRITE) where they were not written whole; they may be given again.
   *   AgentJobsError AJ_REPLACED where the file at the path is not, or no longer, the one that was opened.
   */
  append(bytes: Buffer, durability: Durability): Promise<void> {
    if (this.closed)
      return Promise.reject(
        new AgentJobsError("AJ_CLOSED", `Cannot append to ${this.path}: it was closed. Open it again.`),
      );
    let batch = this.queue.at(-1);
    if (!batch || batch.bytes + bytes.length > maxBatchBytes) {
      batch = { parts: [], bytes: 0, written: undefined, synced: undefined };
      this.queue.push(batch);
    }
    batch.parts.push(bytes);
    batch.bytes += bytes.length;
    batch[durability] ??= shared();
    this.draining ??= this.drain();
    return batch[durability].promise;
  }

  /** Waits for what was appended and closes. */
  async close(): Promise<void> {
    this.closed = true;
    await this.draining;
    await this.handle?.close();
    this.handle = undefined;
  }

  private async drain(): Promise<void> {
    while (this.queue.length > 0) {
      await new Promise(setImmediate); // callers of the same turn of the event loop join the batch
      const { parts, written, synced } = this.queue.shift()!;
      try {
        this.options.beforeBatch?.();
        this.assertInPlace();
        await this.write(parts);
        written?.resolve();
        if (synced) await this.sync();
        synced?.resolve();
      } catch (error) {
        written?.reject(error);
        synced?.reject(error);
      }
    }
    this.draining = undefined;
  }

  /**
   * Whoever deletes or replaces the file under its writer would else have it write into nothing. One look costs 2 µs.
   * @throws AgentJobsError AJ_REPLACED
   */
  private assertInPlace(): void {
    const now = lstatSync(this.path, { bigint: true, throwIfNoEntry: false });
    if (now && isSame(now, this.identity)) return;
    const what = now
      ? "another file has taken its place (an editor that saves by replacing does that)"
      : "it was deleted or moved";
    throw new AgentJobsError(
      "AJ_REPLACED",
      `Cannot append to ${this.path}: ${what} while this run was writing to it. The run stops before it writes anything that would be lost; what was recorded before is in the file that was there. Bring that one back if you can, then run again.`,
    );
  }

  private async write(lines: readonly Buffer[]): Promise<void> {
    if (!this.handle) {
      const reopened = await openForAppend(this.path, { create: false });
      this.handle = reopened.handle;
      this.guard ||= reopened.guard;
    }
    const guard = this.guard ? [newline, this.options.afterTear?.(this.failure) ?? Buffer.alloc(0)] : [];
    const parts = [...guard, ...lines];
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    // Until the write is known to be whole, the file may end anywhere.
    this.guard = true;
    let written: number;
    try {
      written = (await this.handle.write(bytes, 0, bytes.length)).bytesWritten;
    } catch (error) {
      throw this.failed(systemCodeOf(error) ?? "EIO", messageOf(error), error);
    }
    // Node gives a short count without an error where the disk is full.
    if (written !== bytes.length)
      throw this.failed("ENOSPC", `only ${written} of ${bytes.length} bytes were written`, undefined);
    this.guard = false;
    this.failure = undefined;
  }

  /** An error of fdatasync is final for the handle: the system may have dropped the bytes and forgotten the error. */
  private async sync(): Promise<void> {
    try {
      await this.handle!.datasync();
    } catch (error) {
      const handle = this.handle!;
      this.handle = undefined;
      await handle.close().catch(() => {});
      this.guard = true;
      throw this.failed(systemCodeOf(error) ?? "EIO", `syncing failed: ${messageOf(error)}`, error);
    }
  }

  private failed(code: string, why: string, cause: unknown): CheckpointWriteError {
    this.failure = code;
    const next = code === "ENOSPC" || code === "EDQUOT" ? "Free some space" : "See to the disk";
    const message = `Cannot append to ${this.path}: ${why} (${code}). Nothing that was acknowledged is lost. ${next}, then run again.`;
    return new CheckpointWriteError(message, code, { cause });
  }
}

function shared(): Shared {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

/** Windows gives inode numbers of more than 53 bits. */
type FileIdentity = Pick<BigIntStats, "dev" | "ino">;
const isSame = (a: FileIdentity, b: FileIdentity): boolean => a.ino === b.ino && a.dev === b.dev;

async function openForAppend(
  path: string,
  { create }: { create: boolean } = { create: true },
): Promise<{ handle: FileHandle; guard: boolean; identity: FileIdentity }> {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const flags = O_RDWR | O_APPEND | (create ? O_CREAT : 0) | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);
  let handle: FileHandle;
  try {
    handle = await open(path, flags, 0o600);
  } catch (error) {
    const code = systemCodeOf(error) ?? "";
    if (code === "EISDIR" || code === "ELOOP" || code === "ENXIO")
      throw notAFile(path, code === "EISDIR" ? "a directory" : "a link or device");
    throw new CheckpointWriteError(
      `Cannot open ${path} for writing: ${messageOf(error)}. Make the file and its folder writable, or choose another checkpoint.`,
      code,
      { cause: error },
    );
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw notAFile(path, "no regular file");
    if (stat.size === 0) await syncFolder(dirname(path));
    const last = Buffer.alloc(1);
    const guard =
      stat.size > 0 && (await handle.read(last, 0, 1, stat.size - 1)).bytesRead === 1 && last[0] !== 0x0a;
    const { dev, ino } = await handle.stat({ bigint: true });
    return { handle, guard, identity: { dev, ino } };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
