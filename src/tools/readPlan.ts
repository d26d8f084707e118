import { execFile } from "node:child_process";
import type { JobPlan } from "../runtime/state/jobPlan.js";

/** A plan; or that the job has none by its nature, as programs that keep their own checkpoint; or why it failed. */
export type PlanOutcome = { plan: JobPlan } | { kind: "command" } | { error: string };

const maxPlanBytes = 64 * 1024 * 1024;

/** Runs `agent-jobs plan --json`. */
export function readPlan(
  program: string,
  args: readonly string[],
  { cwd, env, signal }: { cwd: string; env: Record<string, string>; signal: AbortSignal },
): Promise<PlanOutcome> {
  return new Promise((resolve) => {
    const options = { cwd, env: { ...process.env, ...env }, signal, maxBuffer: maxPlanBytes };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const told = toldIn(stdout);
      if (told?.command === true) return resolve({ kind: "command" });
      if (!error && told) return resolve({ plan: told as unknown as JobPlan });
      const said = (stderr.trim() || stdout.trim()).replace(/^agent-jobs: /, "");
      resolve({ error: said || (error?.message ?? "agent-jobs plan said nothing.") });
    });
  });
}

/** The JSON object at the end of the output: what a job file prints as it is loaded may stand before it. */
function toldIn(stdout: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
