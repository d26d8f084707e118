import { execFile } from "node:child_process";
import type { JobPlan } from "../../runtime/state/jobPlan.js";

/** A plan, or why there is none: undefined where the job has none by its nature. */
export type PlanOutcome = { plan: JobPlan } | { error: string | undefined };

/** Input that a job cannot be planned for: exit code 2 of the command line's contract. */
const unusable = 2;
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
      try {
        if (!error) return resolve({ plan: JSON.parse(stdout) as JobPlan });
      } catch {
        // what a job file prints as it is loaded may stand before it
        const line = stdout.trimEnd().split("\n").at(-1) ?? "";
        try {
          return resolve({ plan: JSON.parse(line) as JobPlan });
        } catch {
          return resolve({ error: stdout.trim() || undefined });
        }
      }
      const said = stderr.trim().replace(/^agent-jobs: /, "");
      const isCommand = error.code === unusable && said.includes("keeps its own checkpoint");
      resolve({ error: isCommand ? undefined : said || error.message });
    });
  });
}
