import { appendFileSync, renameSync, statSync } from "node:fs";
import { inspect } from "node:util";
import { maxLogBytes } from "../config.js";
import { type ItemKey, idText } from "../format/itemId.js";

export const logPathOf = (checkpoint: string): string => `${checkpoint}.log`;

/** The lines that items wrote, `TIME [ID] TEXT`, in a file beside the checkpoint; at `maxLogBytes` one older file is kept. */
export class ItemLog {
  private sizeBytes: number | undefined;

  constructor(readonly path: string) {}

  /** Appends lines; what the disk refuses is dropped, since a log must not end a run. */
  write(item: ItemKey | null, text: string): void {
    const who = item === null ? "" : ` [${JSON.stringify(idText(item)).slice(1, -1)}]`;
    const stamp = new Date().toISOString();
    const lines = text.replace(/\n$/, "").split("\n");
    const bytes = Buffer.from(lines.map((line) => `${stamp}${who} ${line}\n`).join(""));
    try {
      this.rotate(bytes.length);
      appendFileSync(this.path, bytes, { mode: 0o600 });
      this.sizeBytes = (this.sizeBytes ?? 0) + bytes.length;
    } catch {
      this.sizeBytes = undefined;
    }
  }

  private rotate(more: number): void {
    this.sizeBytes ??= statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
    if (this.sizeBytes + more <= maxLogBytes || this.sizeBytes === 0) return;
    renameSync(this.path, `${this.path}.1`);
    this.sizeBytes = 0;
  }
}

/** What `ctx.log(...)` writes for its arguments, as `console.log` would show them. */
export function logText(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === "string" ? value : inspect(value, { depth: 4 }))).join(" ");
}
