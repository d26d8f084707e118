import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AdoptedScript, type Moment, missingFor } from "../../adoption/adoptedScript.js";
import {
  type CheckedRun,
  checkCalls,
  checkCheckpoints,
  checkEnd,
  checkStatus,
  doneItems,
  itemsInHand,
  lastWordsOf,
  type Reference,
} from "../../adoption/checks.js";
import { type Scenario, scenarios } from "../../adoption/scenarios.js";
import { releaseAtEnd } from "../../host/cleanup.js";
import { inOrder } from "../apart.js";
import { Findings, Random, type Row, type RowOutcome } from "../row.js";
import { inMemory } from "../scratch.js";

/** So many scripts run at a time: much of what they do is wait. */
const scriptsAtATime = 3;
/** Each so often a script begins anew. */
const maxKillsOfOne = 5;
const maxStarts = 5;
/** How much later than an event of a call a kill comes, at most: it is to meet writes, and what is between them. */
const maxDelayMs = 6;

/** Where the kills came. */
interface Tally {
  /** When at least one item was done. */
  afterDone: number;
  /** When at least one was begun and not done. */
  inHand: number;
}

/**
 * The scripts of test/adoption, killed again and again until they end. Before its change, a script that is killed once
 * calls again for what it had; after it, no item that is done is called for again, and what the script writes in
 * the end is what an undisturbed run of the unchanged one writes.
 */
export const adoption: Row = {
  name: "adoption",
  what: `SIGKILL of ${scenarios.length} scripts that people have, before and after they are adopted`,
  unit: "kills of each script",
  full: 50,
  reduced: 3,
  parts: scenarios.map(({ kind }) => kind),
  async run({ random, times, progress }) {
    const scratch = mkdtempSync(join(inMemory(), "agent-jobs-adoption-"));
    const forget = releaseAtEnd(() => rmSync(scratch, { recursive: true, force: true }));
    const remove = () => {
      forget();
      rmSync(scratch, { recursive: true, force: true });
    };
    const skippedParts: Record<string, string> = {};
    const tally: Tally = { afterDone: 0, inHand: 0 };
    const seeded = scenarios.map((scenario) => ({
      scenario,
      random: new Random(random.between(0, 2 ** 32 - 1)),
    }));
    // What has most to load takes longest, and is not to come last.
    seeded.sort((a, b) => (b.scenario.modules?.length ?? 0) - (a.scenario.modules?.length ?? 0));
    const begun = inOrder(seeded, scriptsAtATime, async ({ scenario, random }) => {
      const lacks = missingFor(scenario);
      if (lacks !== undefined) {
        skippedParts[scenario.kind] = `not installed: ${lacks}`;
        return undefined;
      }
      const folder = join(scratch, scenario.script);
      const outcome = await tortureScript(scenario, { random, times, folder, tally }, (kills) =>
        progress(`${scenario.script}: ${kills} of ${times} kills`),
      );
      return { ...outcome, problems: outcome.problems.map((problem) => `${scenario.kind}: ${problem}`) };
    });
    const outcomes = (await Promise.all(begun.values())).filter((outcome) => outcome !== undefined);
    if (outcomes.length === 0) {
      remove();
      return { skipped: Object.values(skippedParts)[0]! };
    }
    const sum = sumOf(outcomes);
    if (sum.problems.length === 0) remove();
    else {
      forget();
      sum.problems.push(`The folder was kept: ${scratch}`);
    }
    const { afterDone, inHand } = tally;
    const note = `${outcomes.length} scripts; ${afterDone} kills came after an item was done, ${inHand} while one was in hand`;
    return { ...sum, note, skippedParts };
  },
};

async function tortureScript(
  scenario: Scenario,
  { random, times, folder, tally }: { random: Random; times: number; folder: string; tally: Tally },
  progress: (kills: number) => void,
): Promise<RowOutcome> {
  const findings = new Findings();
  const reference = await killUnchanged(scenario, folder, findings);
  let kills = 0;
  let endedFirst = 0;
  for (let round = 1; kills < times && findings.problems.length === 0; round++) {
    const script = new AdoptedScript(scenario, "after", join(folder, `after-${round}`));
    const runs = await killAndResume(script, {
      random,
      kills: Math.min(maxKillsOfOne, times - kills),
      findings,
    });
    checkCalls(script, runs, findings);
    checkEnd(script, runs.at(-1)!, reference, findings);
    const killed = runs.filter((run) => run.killed);
    // As in `killInTheMiddle`: what ended before its kill tells nothing of kills, and begins anew.
    endedFirst = killed.length === 0 ? endedFirst + 1 : 0;
    if (endedFirst === maxStarts)
      findings.add("thrown", `it ended ${maxStarts} times in a row before it could be killed`);
    for (const run of killed) {
      if (doneItems(run) > 0) tally.afterDone++;
      if (itemsInHand(script, run).size > 0) tally.inHand++;
    }
    kills += killed.length;
    progress(kills);
  }
  return findings.outcome(kills);
}

/** The script as it was: killed in the middle, and run again to its end. */
async function killUnchanged(scenario: Scenario, folder: string, findings: Findings): Promise<Reference> {
  const { script, first } = await killInTheMiddle(scenario, folder);
  if (!first.killed)
    findings.add("thrown", `the unchanged script ended ${maxStarts} times before it could be killed`);
  const second = await script.run();
  if (second.code !== 0)
    findings.add("thrown", `the unchanged script ended with ${second.code}: ${second.stderr.slice(-2000)}`);
  const had = new Set(first.calls.filter(({ event }) => event === "end").map(({ prompt }) => prompt));
  const again = second.calls.filter(({ event, prompt }) => event === "begin" && had.has(prompt));
  if (again.length === 0) findings.add("wrong", "the unchanged script does nothing again after a kill");
  return { outputs: script.outputs(), lastWords: lastWordsOf(second) };
}

/** On a machine with much else to do, a short script may have ended before it is killed: it is started anew then. */
async function killInTheMiddle(scenario: Scenario, folder: string) {
  const { ids, callsPerItem, jobs } = scenario;
  const moment = { events: ids.length * callsPerItem * jobs.length, delayMs: 0 };
  for (let starts = 1; ; starts++) {
    const script = new AdoptedScript(scenario, "before", join(folder, `before-${starts}`));
    const first = await script.run(moment);
    if (first.killed || starts === maxStarts) return { script, first };
  }
}

/** Kills a script so often, each time as it goes on, and then lets it end. */
async function killAndResume(
  script: AdoptedScript,
  { random, kills, findings }: { random: Random; kills: number; findings: Findings },
): Promise<CheckedRun[]> {
  const runs: CheckedRun[] = [];
  for (;;) {
    const left = kills - runs.length;
    const run = await script.run(left > 0 ? momentOf(script.scenario, random, runs, left) : undefined);
    const checked = await checkCheckpoints(script, run, runs.at(-1), findings);
    runs.push(checked);
    if (!run.killed) return runs;
    if (runs.length === 1) await checkStatus(script, checked, findings);
  }
}

/** A moment that leaves something to do for each kill to come. */
function momentOf(scenario: Scenario, random: Random, runs: readonly CheckedRun[], kills: number): Moment {
  const { ids, jobs, callsPerItem } = scenario;
  const last = runs.at(-1);
  const done = last ? doneItems(last) : 0;
  const eventsLeft = 2 * callsPerItem * (ids.length * jobs.length - done);
  return {
    events: random.between(1, Math.max(1, Math.floor(eventsLeft / (kills + 1)))),
    delayMs: random.next() < 0.5 ? 0 : random.next() * maxDelayMs,
  };
}

function sumOf(outcomes: readonly RowOutcome[]): RowOutcome {
  const sum = (count: (outcome: RowOutcome) => number) =>
    outcomes.reduce((total, outcome) => total + count(outcome), 0);
  return {
    cases: sum(({ cases }) => cases),
    lost: sum(({ lost }) => lost),
    wrong: sum(({ wrong }) => wrong),
    thrown: sum(({ thrown }) => thrown),
    problems: outcomes.flatMap(({ problems }) => problems),
  };
}
