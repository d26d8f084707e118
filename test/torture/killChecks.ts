import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { CheckpointFollower } from "../../src/runtime/store/follow.js";
import { runCli } from "../support/cli.js";
import { concurrency, type EndedRun, fillerOf, itemCount, type KilledJob } from "./killedJob.js";
import type { Findings } from "./row.js";

interface StatusLine {
  state: string;
  damaged: boolean;
  tornTail: boolean;
  total: number | null;
  done: number;
  inDoubt: number;
}

/**
 * After a kill: everything acknowledged is done, nothing is damaged, and no more is in doubt than was in flight.
 * @returns whether the kill tore a record
 */
export async function checkKill(
  job: KilledJob,
  runs: readonly EndedRun[],
  findings: Findings,
): Promise<boolean> {
  const follower = new CheckpointFollower(job.checkpoint);
  await follower.refresh();
  const { done } = follower.state;
  for (const run of runs)
    for (const item of run.acknowledged)
      if (!done.has(keyOf(item)))
        findings.add("lost", `${item} was acknowledged by run ${run.pid}, and is not done`);
  runs.at(-1)!.doneAfter = new Set(done);
  const { damageCount, tornTail } = follower.summary();
  if (damageCount > 0) findings.add("wrong", `${damageCount} damaged lines after a kill`);
  if (follower.exists) {
    const status = await statusOf(job, findings);
    if (status.damaged) findings.add("wrong", "status says damaged after a kill");
    if (status.done !== done.size)
      findings.add("wrong", `status says ${status.done} done, the file ${done.size}`);
    if (status.state === "running") findings.add("wrong", "status says running after a kill");
    if (status.inDoubt > concurrency)
      findings.add("wrong", `${status.inDoubt} items in doubt, more than ever were in flight`);
  }
  return tornTail;
}

/** After the last run: every item once with the right value, and nothing done twice that was acknowledged. */
export async function checkEnd(job: KilledJob, runs: readonly EndedRun[], findings: Findings): Promise<void> {
  const last = runs.at(-1)!;
  if (last.code !== 0) findings.add("thrown", `the last run ended with ${last.code}: ${last.output}`);
  const status = await statusOf(job, findings);
  if (status.state !== "finished" || status.damaged || status.tornTail || status.done !== itemCount)
    findings.add("wrong", `after the end status says ${JSON.stringify(status)}`);
  checkBegins(job, runs, findings);
  await checkResults(job, checkSteps(job, findings), findings);
  const left = readdirSync(dirname(job.checkpoint)).filter(
    (name) => name.includes(".lock") && !/\.lock\./.test(name),
  );
  if (left.length > 0) findings.add("wrong", `left behind: ${left.join(", ")}`);
}

/** An item is begun again only where its run was killed before it was acknowledged, and only once a run. */
function checkBegins(job: KilledJob, runs: readonly EndedRun[], findings: Findings): void {
  const runByPid = new Map(runs.map((run) => [String(run.pid), run]));
  const begins = new Map<string, EndedRun[]>();
  for (const [pid, what, id] of job.witnessed())
    if (what === "began") begins.set(id!, [...(begins.get(id!) ?? []), runByPid.get(pid!)!]);
  for (const { id } of job.items) {
    const of = begins.get(id) ?? [];
    if (of.length === 0) findings.add("wrong", `${id} was never begun`);
    if (new Set(of).size < of.length) findings.add("wrong", `${id} was begun twice in one run`);
    for (const run of of.slice(0, -1)) {
      if (run.acknowledged.has(id)) findings.add("lost", `${id} was acknowledged, and begun again`);
      if (!run.killed) findings.add("wrong", `${id} was begun again although no kill came between`);
    }
  }
  for (const run of runs.filter((each) => each.killed)) {
    // Not all that was recorded was heard of: a pipe that was full keeps back events.
    const open = [...begins].filter(([id, of]) => of.includes(run) && !run.doneAfter.has(keyOf(id)));
    if (open.length > concurrency)
      findings.add(
        "wrong",
        `${open.length} items of one run were in flight, with concurrency ${concurrency}`,
      );
  }
}

/** A step that ctx.step has given back is never worked on again. Gives the last execution of each. */
function checkSteps(job: KilledJob, findings: Findings): Map<string, string> {
  const kept = new Set<string>();
  const executions = new Map<string, string>();
  for (const [, what, id, step, execution] of job.witnessed()) {
    const name = `${id} ${step}`;
    if (what === "kept") kept.add(name);
    if (what !== "worked") continue;
    if (kept.has(name)) findings.add("lost", `step ${name} was finished, and done again`);
    executions.set(name, execution!);
  }
  return executions;
}

async function checkResults(
  job: KilledJob,
  executions: Map<string, string>,
  findings: Findings,
): Promise<void> {
  const { code, stdout, stderr } = await runCli(["results", job.jobFile]);
  if (code !== 0) findings.add("thrown", `results ended with ${code}: ${stderr}`);
  const seen = new Map<string, unknown>();
  for (const line of stdout.split("\n").filter(Boolean)) {
    const { id, result } = JSON.parse(line) as { id: string; result: unknown };
    if (seen.has(id)) findings.add("wrong", `${id} is twice in the results`);
    seen.set(id, result);
  }
  if (seen.size !== itemCount) findings.add("wrong", `${seen.size} results of ${itemCount}`);
  for (const { id, bytes } of job.items) {
    const [first, second] = [executions.get(`${id} first`), executions.get(`${id} second`)];
    const expected = { id, first, second, filler: fillerOf(id, bytes) };
    if (JSON.stringify(seen.get(id)) !== JSON.stringify(expected))
      findings.add("wrong", `the result of ${id} is ${JSON.stringify(seen.get(id))?.slice(0, 200)}`);
  }
}

async function statusOf(job: KilledJob, findings: Findings): Promise<StatusLine> {
  const { code, stdout, stderr } = await runCli(["status", "--json", job.jobFile]);
  if (code !== 0) findings.add("thrown", `status ended with ${code}: ${stderr}`);
  return (JSON.parse(stdout) as { jobs: StatusLine[] }).jobs[0]!;
}
