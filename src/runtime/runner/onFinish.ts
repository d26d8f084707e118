/** Tells others that a run has ended: by a command, or by a request to a webhook. It never changes how the run ended. */
import { spawn } from "node:child_process";
import { finishHookGraceMs, finishHookTimeoutMs, webhookRetryDelaysMs, webhookTimeoutMs } from "../config.js";
import { AgentJobsError, messageOf, systemCodeOf } from "../errors.js";
import type { RunEndReason } from "../format/record.js";
import { redact } from "../redact.js";
import type { UsageTotals } from "../state/jobState.js";
import type { JobStatus } from "../state/status.js";
import type { CommandHook, FinishHook, WebhookHook } from "./defineJob.js";
import type { LoadedJobFile } from "./loadJob.js";
import { environmentOf, resolveProgram } from "./workerCommand.js";

/** How a run ended, and how its job stands: figures alone, neither items nor results. */
export interface FinishFacts {
  job: string;
  label: string | null;
  ended: RunEndReason;
  /** Which limit or condition ended it. */
  detail?: string;
  /** In words, for a person. */
  text: string;
  exitCode: number;
  run: number | null;
  startedAt: string | null;
  endedAt: string;
  ms: number | null;
  total: number | null;
  done: number;
  failed: number;
  inDoubt: number;
  remaining: number | null;
  /** Failed items by their cause. */
  causes: Record<string, number>;
  /** Of the whole job, all runs. */
  usage: { inputTokens: number | null; outputTokens: number | null; usd: number | null };
}

/** What a finished run is known by. */
export interface Finished {
  job: LoadedJobFile;
  reason: RunEndReason;
  detail?: string;
  exitCode: number;
  status: JobStatus;
  usage: UsageTotals;
  /** The run's own; null where it recorded nothing of itself. */
  ms: number | null;
  endedAtMs: number;
  /** Absolute path of the results that were exported. */
  exported?: string;
}

export function factsOf({
  job,
  reason,
  detail,
  exitCode,
  status,
  usage,
  ms,
  endedAtMs,
}: Finished): FinishFacts {
  const { total, done, failed, inDoubt, remaining, lastRun } = status;
  const causes: Record<string, number> = {};
  for (const { open } of status.failedItems) {
    const cause = redact(open.failure?.cause ?? "other");
    causes[cause] = (causes[cause] ?? 0) + 1;
  }
  const name = job.label === null ? job.name : `${job.name} @ ${job.label}`;
  const of = total === null ? "" : ` of ${total}`;
  const others = [
    ...(failed > 0 ? [`, ${failed} failed`] : []),
    ...(inDoubt > 0 ? [`, ${inDoubt} in doubt`] : []),
  ];
  return {
    ...{ job: job.name, label: job.label, ended: reason },
    ...(detail !== undefined && { detail: redact(detail) }),
    text: `${name}: ${reason}, ${done}${of} done${others.join("")}`,
    ...{ exitCode, run: lastRun?.run.run ?? null },
    startedAt: lastRun ? new Date(lastRun.run.startedAtMs).toISOString() : null,
    endedAt: new Date(endedAtMs).toISOString(),
    ...{ ms, total, done, failed, inDoubt, remaining, causes },
    usage: { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens, usd: usage.usd },
  };
}

/**
 * Carries out what `onFinish` says of a run that has ended and given its lock back, one hook after the other.
 * @param signal ends what is under way
 * @param tell hears of each hook that failed, one sentence, secrets taken out
 * @param retryDelaysMs how long to wait before a webhook is tried again
 */
export async function tellFinish(
  finished: Finished,
  signal: AbortSignal,
  tell: (problem: string) => void,
  retryDelaysMs: readonly number[] = webhookRetryDelaysMs,
): Promise<void> {
  const { onFinish = [] } = finished.job.definition;
  const facts = factsOf(finished);
  for (const hook of [onFinish].flat() as FinishHook[]) {
    if (signal.aborted || (hook.on && !hook.on.includes(finished.reason))) continue;
    const problem =
      "command" in hook
        ? await runHook(hook, finished, facts, signal)
        : await post(hook, finished.job, facts, signal, retryDelaysMs);
    if (problem !== undefined) tell(problem);
  }
}

/** The hook's environment: the facts that a script wants most. */
function variablesOf({ job, exported }: Finished, facts: FinishFacts): Record<string, string> {
  return {
    AGENT_JOBS_JOB: facts.job,
    AGENT_JOBS_LABEL: facts.label ?? "",
    AGENT_JOBS_ENDED: facts.ended,
    AGENT_JOBS_EXIT_CODE: String(facts.exitCode),
    AGENT_JOBS_DONE: String(facts.done),
    AGENT_JOBS_FAILED: String(facts.failed),
    AGENT_JOBS_TOTAL: facts.total === null ? "" : String(facts.total),
    AGENT_JOBS_CHECKPOINT: job.checkpoint,
    AGENT_JOBS_EXPORT: exported ?? "",
  };
}

/** Runs a command without a shell, with the facts on its standard input. Gives what went wrong. */
async function runHook(
  { command, timeoutMs = finishHookTimeoutMs }: CommandHook,
  finished: Finished,
  facts: FinishFacts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const failed = (why: string) => `The command of onFinish, \`${redact(command.join(" "))}\`, ${why}.`;
  try {
    const { file, args, cwd, env } = resolveProgram(finished.job, command);
    const isGroup = process.platform !== "win32";
    const child = spawn(file, args, {
      cwd,
      env: { ...env, ...variablesOf(finished, facts) },
      // What it prints is not the run's own output, which may be JSON.
      stdio: ["pipe", process.stderr, process.stderr],
      detached: isGroup,
    });
    const kill = (name: NodeJS.Signals) => {
      try {
        if (isGroup && child.pid !== undefined) process.kill(-child.pid, name);
        else child.kill(name);
      } catch {
        // it has ended
      }
    };
    let late: "timeout" | "aborted" | undefined;
    let grace: NodeJS.Timeout | undefined;
    const end = (why: "timeout" | "aborted") => {
      late ??= why;
      kill("SIGTERM");
      grace ??= setTimeout(() => kill("SIGKILL"), finishHookGraceMs);
    };
    const timer = setTimeout(() => end("timeout"), timeoutMs);
    const abort = () => end("aborted");
    signal.addEventListener("abort", abort, { once: true });
    child.stdin.on("error", () => {}); // it need not read
    child.stdin.end(`${JSON.stringify({ ...facts, ...placesOf(finished) })}\n`);
    const [code, by] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (...ended) => resolve(ended));
    }).finally(() => {
      clearTimeout(timer);
      clearTimeout(grace);
      signal.removeEventListener("abort", abort);
    });
    if (late === "timeout") return failed(`had not ended after ${timeoutMs} ms and was ended`);
    if (late === "aborted") return failed("was ended with the run");
    if (by !== null) return failed(`was ended by ${by}`);
    return code === 0 ? undefined : failed(`ended with exit code ${code}`);
  } catch (error) {
    const why = systemCodeOf(error) === "ENOENT" ? "there is no such program" : messageOf(error);
    return failed(`could not be started: ${why.replace(/\.$/, "")}`);
  }
}

/** For programs of this machine alone: paths say much about a person. */
const placesOf = ({ job, exported }: Finished) => ({
  checkpoint: job.checkpoint,
  jobFile: job.path,
  ...(exported !== undefined && { exported }),
});

/** Sends the facts, and again after a while where that may help. Gives what went wrong. */
async function post(
  { webhook, headers = {}, timeoutMs = webhookTimeoutMs }: WebhookHook,
  job: LoadedJobFile,
  facts: FinishFacts,
  signal: AbortSignal,
  retryDelaysMs: readonly number[],
): Promise<string | undefined> {
  let secrets: Secrets;
  let url: URL;
  let sent: Record<string, string>;
  try {
    secrets = new Secrets(environmentOf(job));
    url = new URL(secrets.filled(webhook));
    sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, secrets.filled(value)]));
  } catch (error) {
    // An error about the address itself would show it.
    const isOurs = error instanceof MissingVariable || error instanceof AgentJobsError;
    const why = isOurs ? messageOf(error).replace(/\.$/, "") : "it is no address";
    return `The webhook of onFinish was not told: ${why}. Set it right in the environment or in \`onFinish\`.`;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return "The webhook of onFinish was not told: its address begins neither with https:// nor with http://. Set it right in the environment or in `onFinish`.";
  // A path often is the secret itself.
  const failed = (why: string) =>
    secrets.removed(`The webhook of onFinish at ${url.host} was not told: ${why}.`);
  let why = "";
  for (const delayMs of [0, ...retryDelaysMs]) {
    if (delayMs > 0) await pause(delayMs, signal);
    if (signal.aborted) return failed(why === "" ? "the run was ended at once" : why);
    const outcome = await postOnce(url, sent, facts, timeoutMs, signal);
    if (outcome === "told") return undefined;
    why = outcome.why;
    if (!outcome.mayHelp) break;
  }
  return failed(why);
}

async function postOnce(
  url: URL,
  headers: Record<string, string>,
  facts: FinishFacts,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<"told" | { why: string; mayHelp: boolean }> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const reply = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "agent-jobs", ...headers },
      body: JSON.stringify(facts),
      // Elsewhere nobody meant it to go, with what the headers hold.
      redirect: "manual",
      signal: AbortSignal.any([late, signal]),
    });
    await reply.body?.cancel();
    if (reply.ok) return "told";
    const { status } = reply;
    if (status >= 300 && status < 400)
      return { why: `it answered ${status}, and redirects are not followed`, mayHelp: false };
    return { why: `it answered ${status}`, mayHelp: status >= 500 || status === 429 || status === 408 };
  } catch (error) {
    if (late.aborted) return { why: `no answer within ${timeoutMs} ms`, mayHelp: true };
    return { why: messageOf(error).replace(/\.$/, ""), mayHelp: !signal.aborted };
  }
}

class MissingVariable extends Error {}

/** Values from the environment, which are kept out of files and so out of what is said. */
class Secrets {
  private readonly values: string[] = [];

  constructor(private readonly env: NodeJS.ProcessEnv) {}

  /** @throws MissingVariable naming a variable that is not set */
  filled(template: string): string {
    return template.replace(/\$\{env:([A-Za-z_]\w*)\}/g, (_, name: string) => {
      const value = this.env[name];
      if (!value) throw new MissingVariable(`the variable ${name} is not set`);
      this.values.push(value);
      return value;
    });
  }

  removed(text: string): string {
    let left = redact(text);
    for (const value of this.values) left = left.replaceAll(value, "[redacted]");
    return left;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}
