import type { Command } from "commander";
import { type ItemKey, idText, idValue } from "../../runtime/format/itemId.js";
import { type ItemLogLines, newestItemLines } from "../../runtime/runner/itemLogLines.js";
import { type FailureGroup, failureGroups } from "../../view/failures.js";
import { logLineTexts } from "../../view/itemLogText.js";
import type { JobView } from "../../view/jobView.js";
import { plural, safeText, shortText } from "../../view/text.js";
import { CommandError, exit } from "../exitCodes.js";
import { itemNamed } from "../itemNamed.js";
import { type MapFlag, mapped, takesMap } from "../mapFlag.js";
import { takesLabel } from "../runChoice.js";
import { shellWord } from "../shellWord.js";
import { readTarget, targetsOf } from "../targets.js";
import { isTerminal, leave, print, printJson, styled } from "../terminal.js";

/** Of each item's newest log lines so many are listed. */
const maxLinesOfEach = 10;
const maxLinesOfNamed = 2_000;

interface FailuresFlags extends MapFlag {
  as?: string;
  log?: boolean;
  item?: string[];
  json?: boolean;
}

export function registerFailures(program: Command): void {
  takesMap(takesLabel(program.command("failures")))
    .description("list failed items by cause, with their messages")
    .argument("<path>", "a job file, a checkpoint or a folder")
    .option("--log", "with the newest lines that each item wrote to the log")
    .option("--item <id...>", "only these items; with --log also items that are not failed")
    .option("--json", "print one JSON object")
    .action(async (path: string, flags: FailuresFlags) => leave(await failures(path, flags)));
}

/** What is to be shown of one job. */
interface Shown {
  view: JobView;
  groups: FailureGroup[];
  /** Items whose lines are asked for and that are not failed. */
  others: ItemKey[];
  logs: Map<ItemKey, ItemLogLines>;
}

async function failures(path: string, flags: FailuresFlags): Promise<number> {
  const found: { view: JobView; checkpoint: string }[] = [];
  for (const target of await mapped(await targetsOf(path, { label: flags.as }), flags))
    found.push({ view: await readTarget(target), checkpoint: target.checkpoint });
  for (const { view } of found) if (view.error !== null) throw new CommandError(exit.usage, view.error);
  const named = flags.item?.map((id) => ({
    id,
    items: found.map(({ view }) => itemNamed(view, id)),
  }));
  const nobody = named?.find(({ items }) => items.every((item) => item === undefined));
  if (nobody)
    throw new CommandError(
      exit.usage,
      `No item of ${path} is called ${shortText(JSON.stringify(nobody.id), 60)}. Check the id; agent-jobs failures lists those that are failed.`,
    );
  const shown: Shown[] = [];
  for (const [i, { view, checkpoint }] of found.entries()) {
    const wanted = named && new Set(named.flatMap(({ items }) => items[i] ?? []));
    const groups = wanted ? only(failureGroups(view), wanted) : failureGroups(view);
    const failed = groups.flatMap(({ items }) => items.map(({ item }) => item as ItemKey));
    const others = flags.log ? [...(wanted ?? [])].filter((item) => !failed.includes(item)) : [];
    const max = wanted ? maxLinesOfNamed : maxLinesOfEach;
    const logs = flags.log ? await newestItemLines(checkpoint, [...failed, ...others], max) : new Map();
    shown.push({ view, groups, others, logs });
  }
  if (flags.json) printJson(asJson(shown, flags));
  else if (shown.every(({ groups, others }) => groups.length + others.length === 0))
    print(named ? `None of these items of ${path} is failed.` : `No failed items in ${path}.`);
  else
    for (const each of shown.filter(({ groups, others }) => groups.length + others.length > 0))
      printFailures(each, flags, path, shown.length > 1);
  if (!flags.json) for (const { view } of shown) printInterrupted(view, path);
  return exit.ok;
}

/** Failed items whose retry was cut short are in doubt, no longer failed: they are not to be missed here. */
function printInterrupted({ name, status, foreign }: JobView, path: string): void {
  if (foreign) return;
  const { length } = status.inDoubtItems.filter(({ open }) => open.failure);
  if (length === 0) return;
  const retry = `agent-jobs retry ${shellWord(path)}`;
  print(
    `${plural(length, "item")} of ${safeText(name)} that had failed ${length === 1 ? "is" : "are"} in doubt: the retry ended before it recorded how ${length === 1 ? "it" : "they"} went. ${retry} does ${length === 1 ? "it" : "them"} again.`,
  );
}

function only(groups: readonly FailureGroup[], wanted: ReadonlySet<ItemKey>): FailureGroup[] {
  return groups
    .map(({ cause, items }) => ({ cause, items: items.filter(({ item }) => wanted.has(item as ItemKey)) }))
    .filter(({ items }) => items.length > 0);
}

function asJson(shown: readonly Shown[], flags: FailuresFlags): Record<string, unknown> {
  const logs = shown.flatMap(({ view, logs }) =>
    [...logs].map(([item, { lines, left }]) => ({
      ...{ job: view.name, item: idValue(item), left },
      lines: lines.map(({ time, text }) => ({ time, text })),
    })),
  );
  return { failures: shown.flatMap(failuresJson), ...(flags.log && { logs }) };
}

function failuresJson({ view, groups }: Shown): unknown[] {
  return groups.flatMap(({ cause, items }) =>
    items.map(({ item, failure: { message, attempt, run, atMs } }) => ({
      ...{ job: view.name, label: view.label, item: idValue(item as ItemKey), cause, message, attempt },
      // Files of other tools know of no runs, and often of no times.
      run: run > 0 ? run : null,
      at: run > 0 || atMs > 0 ? new Date(atMs).toISOString() : null,
    })),
  );
}

function printFailures(
  { view, groups, others, logs }: Shown,
  flags: FailuresFlags,
  path: string,
  isOneOfMany: boolean,
): void {
  if (isOneOfMany) print(styled("underline", view.label ? `${view.name} @ ${view.label}` : view.name));
  const printLog = (item: ItemKey) => {
    if (flags.log) for (const line of logTexts(item, logs.get(item), view, path)) print(`    ${line}`);
  };
  for (const { cause, items } of groups) {
    print(styled("bold", `${cause}: ${plural(items.length, "item")}`));
    for (const { item, id, failure } of items) {
      print(
        `  ${isTerminal() ? shortText(id, 60) : safeText(id)}  ${shortText(failure.message, 200)}${failure.attempt > 1 ? styled("dim", ` (attempt ${failure.attempt})`) : ""}`,
      );
      printLog(item as ItemKey);
    }
  }
  for (const item of others) {
    print(`  ${shortText(idText(item), 60)}  ${styled("dim", "(not failed)")}`);
    printLog(item);
  }
}

function logTexts(
  item: ItemKey,
  found: ItemLogLines | undefined,
  { state }: JobView,
  path: string,
): string[] {
  if (!found) return [styled("dim", "(wrote nothing to the log, or it was rotated away)")];
  const id = idText(item);
  const all = `agent-jobs failures ${shellWord(path)} --log --item ${shellWord(/^[-"]/.test(id) ? item : id)}`;
  const left = found.left > 0 ? [styled("dim", `… ${plural(found.left, "earlier line")}: ${all}`)] : [];
  return [...left, ...logLineTexts(found.lines, state)];
}
