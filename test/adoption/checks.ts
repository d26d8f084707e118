import { type ItemKey, idText, keyOf } from "../../src/runtime/format/itemId.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { runCli } from "../support/cli.js";
import type { Findings } from "../torture/row.js";
import type { AdoptedScript, ScriptRun } from "./adoptedScript.js";

/** A run of a script, and what its checkpoints said when it had ended. */
export interface CheckedRun extends ScriptRun {
  /** Finished items by job, of all runs so far. */
  doneAfter: Map<string, ReadonlySet<ItemKey>>;
}

/** What an undisturbed run leaves. */
export interface Reference {
  outputs: Record<string, string | null>;
  /** The last line that it printed. */
  lastWords: string;
}

export const lastWordsOf = ({ stdout }: ScriptRun): string => stdout.trimEnd().split("\n").at(-1)!;

/** How many items are done after a run, of all jobs. */
export const doneItems = ({ doneAfter }: CheckedRun): number =>
  [...doneAfter.values()].reduce((sum, items) => sum + items.size, 0);

/** Items that a run began and did not finish, each with its job's name. */
export function itemsInHand({ scenario }: AdoptedScript, { calls, doneAfter }: CheckedRun): Set<string> {
  const begun = calls.filter(({ event }) => event === "begin").map(({ prompt }) => scenario.callOf(prompt));
  const open = begun.filter(({ job, id }) => !doneAfter.get(job)!.has(keyOf(id)));
  return new Set(open.map(({ job, id }) => `${job} ${id}`));
}

/** Reads the checkpoints as any reader does: what was done stays done, and nothing is damaged. */
export async function checkCheckpoints(
  script: AdoptedScript,
  run: ScriptRun,
  before: CheckedRun | undefined,
  findings: Findings,
): Promise<CheckedRun> {
  const doneAfter = new Map<string, ReadonlySet<ItemKey>>();
  for (const job of script.scenario.jobs) {
    const { state, scan } = await new JsonlStore(script.checkpointOf(job)).load(job);
    doneAfter.set(job, new Set(state.done));
    for (const item of before?.doneAfter.get(job) ?? [])
      if (!state.done.has(item))
        findings.add("lost", `${job}: ${idText(item)} was done, and is not any more`);
    if (scan.damageCount > 0)
      findings.add("wrong", `${job}: ${scan.damageCount} damaged lines, ${JSON.stringify(scan.faults[0])}`);
  }
  return { ...run, doneAfter };
}

/** What the command line says of a script that was killed. */
export async function checkStatus(script: AdoptedScript, run: CheckedRun, findings: Findings): Promise<void> {
  const begun = script.scenario.jobs.filter((job) => run.doneAfter.get(job)!.size > 0);
  if (begun.length === 0) return;
  const { code, stdout, stderr } = await runCli([
    "status",
    "--json",
    ...begun.map((job) => script.checkpointOf(job)),
  ]);
  if (code !== 0) return findings.add("thrown", `status ended with ${code}: ${stderr}`);
  const { jobs } = JSON.parse(stdout) as {
    jobs: { job: string; state: string; done: number; failed: number; inDoubt: number; damaged: boolean }[];
  };
  for (const status of jobs) {
    const done = run.doneAfter.get(status.job)?.size;
    const isTold = status.done === done && status.failed === 0 && status.inDoubt <= script.scenario.atOnce;
    if (!isTold || status.damaged || !["stopped", "finished"].includes(status.state))
      findings.add("wrong", `with ${done} done, status says ${JSON.stringify(status)}`);
  }
}

/** No finished item was called for again; no more were in hand than at a time; no call came twice within a run. */
export function checkCalls(script: AdoptedScript, runs: readonly CheckedRun[], findings: Findings): void {
  const { callOf, atOnce } = script.scenario;
  let done = new Map<string, ReadonlySet<ItemKey>>();
  for (const [i, run] of runs.entries()) {
    const where = `run ${i + 1}`;
    const open = itemsInHand(script, run);
    const asked = new Set<string>();
    for (const { event, prompt } of run.calls) {
      const { job, id } = callOf(prompt);
      if (event === "error") asked.delete(prompt); // to be asked again
      if (event !== "begin") continue;
      if (done.get(job)?.has(keyOf(id)))
        findings.add("lost", `${where}: ${job} ${id} was done, and called again`);
      if (asked.has(prompt)) findings.add("wrong", `${where}: ${job} ${id} was called twice`);
      asked.add(prompt);
    }
    if (open.size > atOnce)
      findings.add(
        "wrong",
        `${where}: ${open.size} items were in hand, ${atOnce} at a time: ${[...open].join(", ")}`,
      );
    done = run.doneAfter;
  }
}

/** The last run leaves what an undisturbed one does: every item done, the same files, the same last words. */
export function checkEnd(
  script: AdoptedScript,
  last: CheckedRun,
  reference: Reference,
  findings: Findings,
): void {
  const { ids, jobs } = script.scenario;
  if (last.code !== 0)
    findings.add("thrown", `the last run ended with ${last.code}: ${last.stderr.slice(-2000)}`);
  for (const job of jobs) {
    const done = last.doneAfter.get(job)!;
    for (const id of ids)
      if (!done.has(keyOf(id))) findings.add("lost", `${job}: ${id} is not done at the end`);
    if (done.size !== ids.length)
      findings.add("wrong", `${job}: ${done.size} items are done of ${ids.length}`);
  }
  const outputs = script.outputs();
  for (const name of new Set([...Object.keys(reference.outputs), ...Object.keys(outputs)]))
    if (outputs[name] !== reference.outputs[name])
      findings.add(
        "wrong",
        `${name} is not what an undisturbed run writes: ${JSON.stringify(outputs[name])?.slice(0, 300)}`,
      );
  if (lastWordsOf(last) !== reference.lastWords)
    findings.add("wrong", `its last words are "${lastWordsOf(last)}", not "${reference.lastWords}"`);
}
