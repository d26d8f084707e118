import { spawnSync } from "node:child_process";
import type { Skipped } from "./row.js";

const has = (program: string): boolean =>
  spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;

/** Why a row that needs these cannot run here; undefined where it can. */
export function missing(needs: {
  linux?: boolean;
  root?: boolean;
  programs?: readonly string[];
}): Skipped | undefined {
  if (needs.linux && process.platform !== "linux") return { skipped: "it needs Linux" };
  if (needs.root && process.getuid?.() !== 0) return { skipped: "it needs root" };
  const absent = (needs.programs ?? []).filter((program) => !has(program));
  return absent.length > 0 ? { skipped: `not installed: ${absent.join(", ")}` } : undefined;
}
