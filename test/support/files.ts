import { existsSync, readFileSync, watch } from "node:fs";
import { basename, dirname } from "node:path";

const deadlineMs = 20_000;

/** Waits until a file's text is as wanted, and gives it. The file may be made later; its folder is there. */
export function fileText(path: string, wanted: (text: string) => boolean = () => true): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const text = existsSync(path) ? readFileSync(path, "utf8") : undefined;
      if (text === undefined || !wanted(text)) return;
      end();
      resolve(text);
    };
    const watcher = watch(dirname(path), (_, name) => {
      if (name === null || name === basename(path)) look();
    });
    const timer = setTimeout(() => {
      end();
      const text = existsSync(path) ? `: ${readFileSync(path, "utf8")}` : " (there is none)";
      reject(new Error(`${path} did not come to be as wanted${text}`));
    }, deadlineMs);
    function end() {
      clearTimeout(timer);
      watcher.close();
    }
    look();
  });
}

/** Waits until a process is gone, or is a zombie that nobody has waited for. */
export async function processEnds(pid: number): Promise<void> {
  const untilMs = performance.now() + deadlineMs;
  // Nothing tells of the end of a process that is nobody's child here.
  while (isRunning(pid)) {
    if (performance.now() > untilMs) throw new Error(`Process ${pid} still runs.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
