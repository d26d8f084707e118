import { hostname } from "node:os";
import { setTimeout } from "node:timers/promises";
import type { RunEvent } from "../runtime/runner/events.js";
import { FollowedRun } from "../runtime/runner/followRun.js";
import type { RunState } from "../runtime/state/jobState.js";
import type { JobStatus } from "../runtime/state/status.js";
import { lookAt } from "../runtime/store/processIdentity.js";
import { progressText } from "../view/jobRow.js";
import { plural, safeText, timeText } from "../view/text.js";
import { exit, exitCodeOfEnding } from "./exitCodes.js";
import { lastOutput } from "./output.js";
import { RunReport } from "./runReport.js";
import { shellWord } from "./shellWord.js";
import { shortPath, suggestionsFor } from "./suggestions.js";
import type { Target } from "./targets.js";
import { print, printJson, styled } from "./terminal.js";

/**
 * Follows a run to its end, wherever it was started. Ctrl-C and a closed terminal end the following, never the run.
 * @param token the lock's, which names the run
 * @returns the exit code that the run's end means
 */
export async function attachTo(target: Target, token: string, flags: { json?: boolean }): Promise<number> {
  const { checkpoint, name } = target;
  const json = flags.json === true;
  let report: RunReport | undefined;
  const run = new FollowedRun(checkpoint, name, token, (event) => {
    if (json) return printJson(event);
    // Ctrl-C here ends nothing, unlike in the run's own terminal.
    if (event.event === "run-stopping") {
      report?.stopping();
      report?.note(`The run was asked to stop: ${plural(event.inFlight, "item")} in flight.`);
    } else if (event.event === "pace") report?.take(event);
    else if (event.event === "item-failed") report?.take({ ms: 0, ...event } satisfies RunEvent);
  });
  const left = leaving();
  await run.look();
  const { state } = run;
  const label = state.label;
  report = new RunReport({ name: state.job ?? name, label, checkpoint }, suggestionsFor(target, state));
  const holder = run.process;
  if (!json && holder) {
    const { pid, host, sinceMs } = holder;
    const title = styled("bold", safeText(label ? `${state.job} @ ${label}` : (state.job ?? name)));
    const number = run.status().run?.run;
    print(
      `${title}${number === undefined ? "" : `, run ${number}`}: ${standText(run.status())}; pid ${pid} on ${safeText(host)} since ${timeText(sinceMs)}. Ctrl-C leaves it running.`,
    );
    report.open(() => run.status(), true);
  }
  const ended = await run.untilEnd(left.signal).finally(() => report.end());
  left.forget();
  if (!ended) {
    tellLeft(target, holder?.pid, json);
    return left.exitCode();
  }
  const { ending, run: own, ms } = ended;
  const status = run.status();
  if (!json) {
    const reason = ending ?? "unknown";
    const { done = 0 } = own ?? {};
    const failed = status.failedItems.filter(({ open }) => open.run === own?.run).length;
    const detail = own?.ended?.detail;
    const told = detail === undefined ? {} : { detail };
    // A run that has finished may yet have failed to export its results, or to tell others.
    if ((ending === "error" || ending === "finished") && own)
      for (const line of await errorsOf(checkpoint, own)) print(line);
    const summed = { reason, done, failed, ms, usage: run.state.usage, status, ...told };
    const isCleared = run.checkpointNow !== checkpoint;
    for (const line of report.summary(summed, isCleared)) print(line);
    if (isCleared)
      print(`Cleared, as \`onSuccess\` says: the checkpoint is kept as ${shortPath(run.checkpointNow)}.`);
  }
  return ending === null ? exitCodeOfProgress(status) : exitCodeOfEnding(ending);
}

const maxSaidLines = 20;
const lastWordsMs = 2_000;
const lastWordsLookMs = 50;

/** What went wrong with a run that has no terminal to say it in. It says so after it gave its lock back, as its last words. */
async function errorsOf(checkpoint: string, run: RunState): Promise<string[]> {
  if (lastOutput(checkpoint, run.startedAtMs, 1).length === 0) return []; // it has a terminal
  const untilMs = performance.now() + lastWordsMs;
  while (run.host === hostname() && performance.now() < untilMs && (await lookAt(run.pid)).runs)
    await setTimeout(lastWordsLookMs);
  return lastOutput(checkpoint, run.startedAtMs, maxSaidLines).filter((line) =>
    line.startsWith("agent-jobs: "),
  );
}

/** A run that recorded nothing of itself is known by what it left. */
function exitCodeOfProgress({ progress }: JobStatus): number {
  if (progress === "finished") return exit.ok;
  return progress === "finished-with-failures" ? exit.failedItems : exit.stoppedEarly;
}

function standText(status: JobStatus): string {
  const done = status.total === null ? "" : " done";
  const failed = status.failed > 0 ? `, ${plural(status.failed, "failed item")}` : "";
  return progressText({ status }) + done + failed;
}

interface Leaving {
  signal: AbortSignal;
  exitCode(): number;
  forget(): void;
}

/** Whoever follows may go at any time. */
function leaving(): Leaving {
  const leave = new AbortController();
  let code: number = exit.interrupted;
  const codes = { SIGINT: exit.interrupted, SIGTERM: exit.terminated, SIGHUP: exit.terminated };
  const take = (signal: NodeJS.Signals) => {
    code = codes[signal as keyof typeof codes];
    leave.abort();
  };
  for (const signal of Object.keys(codes)) process.on(signal, take);
  return {
    signal: leave.signal,
    exitCode: () => code,
    forget: () => {
      for (const signal of Object.keys(codes)) process.off(signal, take);
    },
  };
}

function tellLeft({ checkpoint, jobFile }: Target, pid: number | undefined, json: boolean): void {
  const message = `Detached. The run goes on${pid === undefined ? "" : ` as pid ${pid}`}.`;
  if (json) return printJson({ event: "notice", message });
  const word = shellWord(shortPath(jobFile ?? checkpoint));
  print(`${message} Follow it again: agent-jobs attach ${word}. Stop it: agent-jobs stop ${word}.`);
}
