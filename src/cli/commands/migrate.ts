import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { migrate } from "../../runtime/migrate/migrate.js";
import type { OldJob, OldKind } from "../../runtime/migrate/oldJob.js";
import { checkLabel } from "../../runtime/runner/jobPaths.js";
import { countText, safeText } from "../../view/text.js";
import { CommandError, exit } from "../exitCodes.js";
import { shellWord } from "../shellWord.js";
import { leave, print, printJson } from "../terminal.js";

const help = `
What can be migrated, told by its content:
  a JSON checkpoint          {completed, results, started_at, updated_at}
  an SQLite database         with a table checkpoints (job_id, item_id, status, result, error, attempts, updated_at)
  a pipeline's state         {job_id, stage, stage_index, fetch_results, analyze_results, …}
  a progress file            {job_id, total, completed_ids, results, timing, …}
  a folder of operations     ID.json each: {op_id, output, …}
  a checkpoint               of the articles ({id, ts}), or of agent-resume ({turn, state, completed_items, timestamp})
  a dump of Redis            one JSON object of job:ID:pending, done, results and failed. To make one of job ID:
    python3 -c 'import json, redis, sys; r = redis.Redis(decode_responses=True); k = "job:" + sys.argv[1] + ":"; print(json.dumps({
      k + "pending": r.lrange(k + "pending", 0, -1), k + "done": sorted(r.smembers(k + "done")),
      k + "results": r.hgetall(k + "results"), k + "failed": r.hgetall(k + "failed")}))' ID > redis-dump.json

Stop the other program first: what it does later is in its own file alone. The new checkpoint is of the job that its name says: checkpoints/NAME.jsonl is where NAME.job.ts looks for it.`;

export function registerMigrate(program: Command): void {
  program
    .command("migrate")
    .description("make a checkpoint from another program's file, which stays as it is")
    .argument("<from>", "the other program's file or folder")
    .argument("<to>", "the new checkpoint, such as checkpoints/NAME.jsonl")
    .option("--job <id>", "which job, of a database or dump that holds several")
    .option("--name <name>", "the job that the new checkpoint is of; left out: what its file name says")
    .option("--dry-run", "say what would be kept, and write nothing")
    .option("--json", "print what was kept as JSON")
    .addHelpText("after", help)
    .action(async (from: string, to: string, flags: MigrateFlags) => leave(await run(from, to, flags)));
}

interface MigrateFlags {
  job?: string;
  name?: string;
  dryRun?: boolean;
  json?: boolean;
}

async function run(from: string, to: string, flags: MigrateFlags): Promise<number> {
  const { job, label } = nameOf(to, flags.name);
  const { job: oldJob, dryRun } = flags;
  const old = await migrate(resolve(from), resolve(to), {
    ...{ job, label },
    ...(oldJob !== undefined && { oldJob }),
    ...(dryRun && { dryRun }),
  });
  if (flags.json) printJson(asJson(old, { from, to, job, label, written: !dryRun }));
  else for (const line of linesOf(old, { from, to, job, label, written: !dryRun })) print(line);
  return exit.ok;
}

interface Made {
  from: string;
  to: string;
  job: string;
  label: string | null;
  written: boolean;
}

/** `NAME@LABEL.jsonl` is a labelled run's. */
function nameOf(to: string, name: string | undefined): { job: string; label: string | null } {
  if (name === "") throw new CommandError(exit.usage, "Expected --name to say a job's name, got nothing.");
  const stem = basename(to).replace(/\.(?:jsonl|ckpt|json)$/, "");
  const [, own = stem, label] = /^(.+)@([^@]+)$/s.exec(stem) ?? [];
  return { job: name ?? own, label: label === undefined ? null : checkLabel(label) };
}

const kinds: Record<OldKind, string> = {
  "json-checkpoint": "JSON checkpoint",
  sqlite: "SQLite database",
  pipeline: "pipeline's state",
  "redis-dump": "dump of Redis",
  "operation-cache": "folder of operations",
  "progress-file": "progress file",
  article: "checkpoint in the articles' format",
  "agent-resume": "agent-resume's checkpoint",
};

/** How many items of each sort, and of each stage the results that are kept of items that are not done. */
function countsOf(old: OldJob) {
  const stages: Record<string, number> = {};
  for (const { steps } of old.waiting) for (const { name } of steps) stages[name] = (stages[name] ?? 0) + 1;
  return {
    done: old.done.length,
    withResult: old.done.filter(({ result }) => result !== undefined).length,
    failed: old.failed.length,
    inDoubt: old.inDoubt.length,
    betweenStages: old.waiting.length,
    notBegun: old.notBegun,
    total: old.total,
    stages,
  };
}

function asJson(old: OldJob, { from, to, job, label, written }: Made): Record<string, unknown> {
  const { kind, job: oldJob, untold, leftOut } = old;
  return {
    ...{ from, kind, oldJob, checkpoint: to, job, label, written },
    kept: countsOf(old),
    ...{ untold, leftOut },
  };
}

function linesOf(old: OldJob, { from, to, job, label, written }: Made): string[] {
  const { done, withResult, failed, inDoubt, betweenStages, notBegun, total, stages } = countsOf(old);
  const named = label === null ? job : `${job} @ ${label}`;
  const whose = old.job === null ? "" : ` of job ${safeText(old.job)}`;
  const results =
    done === 0 ? "" : withResult === done ? ", with results" : `, ${countText(withResult)} with results`;
  const inStages = Object.entries(stages).map(([name, count]) => `${safeText(name)} ${countText(count)}`);
  const parts = [
    `${countText(done)} done${results}`,
    ...(failed > 0 ? [`${countText(failed)} failed`] : []),
    ...(inDoubt > 0 ? [`${countText(inDoubt)} in doubt`] : []),
    ...(betweenStages > 0 ? [`${countText(betweenStages)} between stages (${inStages.join(", ")})`] : []),
    ...(notBegun > 0 ? [`${countText(notBegun)} to be done`] : []),
    total === null ? "total unknown" : `${countText(total)} in all`,
  ];
  return [
    `${written ? "Migrated" : "Would migrate"} ${from} (${kinds[old.kind]}${whose}) to ${to}, as job ${safeText(named)}: ${parts.join(", ")}.`,
    ...(old.leftOut.length > 0
      ? ["Not kept, or not as it was:", ...old.leftOut.map((line) => `  ${line}`)]
      : []),
    "The old file does not tell:",
    ...old.untold.map((line) => `  ${line}`),
    written ? `The old file is as it was. ${nextStep(old, shellWord(to))}` : "Nothing was written.",
  ];
}

const nextStep = ({ kind }: OldJob, path: string): string =>
  kind === "operation-cache"
    ? `To read the results: agent-jobs results ${path}`
    : `To look: agent-jobs status ${path}. To go on: agent-jobs run JOB --checkpoint ${path}`;
