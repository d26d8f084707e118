import * as v from "valibot";
import { maxTimerMs } from "../config.js";
import { JobDefinitionError, messageOf } from "../errors.js";
import type { RunEndReason } from "../format/record.js";
import type { StopCondition } from "../session/stopConditions.js";
import type { JobDefinition } from "./defineJob.js";
import { PriceList } from "./prices.js";

const text = (what: string) => v.pipe(v.string(what), v.minLength(1, what));
const isFunction = (what: string) =>
  v.custom<(...args: never[]) => unknown>((input) => typeof input === "function", what);
const wholeNumber = v.pipe(
  v.number("an integer of at least 1"),
  v.integer("an integer of at least 1"),
  v.minValue(1, "an integer of at least 1"),
);
const program = v.pipe(
  v.array(
    text("an array of strings: the program and its arguments"),
    "an array of strings: the program and its arguments",
  ),
  v.minLength(1, "an array of strings: the program and its arguments"),
);
const itemSource = v.custom<JobDefinition["items"]>(
  (input) =>
    input !== null &&
    (typeof input === "string" || typeof input === "object" || typeof input === "function") &&
    input !== "",
  "an array, a data file, a glob, an iterable, or a function giving one",
);

const amount = (what: string) => v.pipe(v.number(what), v.minValue(0, `${what}, at least 0`));
const atMost = `at most ${maxTimerMs} (${Math.floor(maxTimerMs / 86_400_000)} days)`;
const milliseconds = v.pipe(
  amount("a number of milliseconds"),
  v.maxValue(maxTimerMs, `a number of milliseconds, ${atMost}`),
);
const wholeMilliseconds = v.pipe(
  wholeNumber,
  v.maxValue(maxTimerMs, `an integer of milliseconds, ${atMost}`),
);
const grace = `a number of milliseconds, ${atMost}, or Infinity`;
const share = 'an integer of at least 1, or a share of at most 100% such as "10%"';
const prices = 'prices by model, such as { "my-model": { inputPerMillion: 1, outputPerMillion: 5 } }';
const stage = v.strictObject({
  name: text("a name"),
  params: v.optional(v.unknown()),
  run: isFunction("a function of the input and the context"),
});

const endReasons = [
  ...["finished", "finished-with-failures", "stopped", "interrupted", "terminated", "limit", "budget"],
  ...["deadline", "stop-condition", "max-failures", "auth", "in-doubt", "error"],
] as const satisfies readonly RunEndReason[];
const hookWords =
  'an object such as { command: ["./tell.sh"] } or { webhook: "${env:WEBHOOK}" }, with `on` and `timeoutMs` if you like, or an array of them';
const ofAnyHook = {
  on: v.optional(v.pipe(v.array(v.picklist(endReasons)), v.minLength(1))),
  timeoutMs: v.optional(wholeMilliseconds),
};
const finishHook = v.union([
  v.strictObject({ command: program, ...ofAnyHook }),
  v.strictObject({
    webhook: v.pipe(v.string(), v.regex(/^(?:https?:\/\/|\$\{env:)/)),
    headers: v.optional(v.record(v.string(), v.string())),
    ...ofAnyHook,
  }),
]);

const schema = v.strictObject({
  $schema: v.optional(v.string()),
  items: v.optional(itemSource),
  key: v.optional(
    v.custom<string | ((item: unknown) => string)>(
      (input) => typeof input === "function" || (typeof input === "string" && input !== ""),
      "a function of an item, or the name of a member",
    ),
  ),
  params: v.optional(v.unknown()),
  concurrency: v.optional(wholeNumber),
  checkpoint: v.optional(text("the path of a file")),
  budget: v.optional(
    v.pipe(
      v.strictObject(
        {
          usd: v.optional(amount("a number of US dollars")),
          tokens: v.optional(amount("a number of tokens")),
        },
        "an object such as { usd: 20 }",
      ),
      v.check(
        ({ usd, tokens }) => usd !== undefined || tokens !== undefined,
        "an object such as { usd: 20 }",
      ),
    ),
  ),
  prices: v.optional(v.record(v.string(), v.looseObject({}, prices), prices)),
  limits: v.optional(
    v.strictObject(
      {
        requestsPerMinute: v.optional(wholeNumber),
        tokensPerMinute: v.optional(wholeNumber),
        windowMs: v.optional(wholeMilliseconds),
        adaptive: v.optional(v.boolean("true or false")),
      },
      "an object such as { requestsPerMinute: 60 }",
    ),
  ),
  retry: v.optional(
    v.union(
      [
        v.literal(false),
        v.strictObject({
          attempts: v.optional(v.union([wholeNumber, v.record(v.string(), wholeNumber)])),
          baseDelayMs: v.optional(milliseconds),
          maxDelayMs: v.optional(milliseconds),
        }),
      ],
      "false, or an object such as { attempts: 4, baseDelayMs: 1000 }",
    ),
  ),
  classify: v.optional(isFunction("a function of an error and an item")),
  maxFailures: v.optional(
    v.union(
      [wholeNumber, v.pipe(v.string(), v.regex(/^(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?)%$/, share))],
      share,
    ),
  ),
  deadlineMs: v.optional(wholeNumber),
  stopWhen: v.optional(
    v.custom<StopCondition>(
      (input) => typeof (input as StopCondition | null)?.evaluate === "function",
      "a condition, such as maxUsd(5)",
    ),
  ),
  onSuccess: v.optional(
    v.union(
      [
        v.picklist(["keep", "export", "clear"]),
        v.strictObject({
          export: v.pipe(v.string(), v.regex(/[^\\/]\.(?:jsonl|csv)$/i)),
          clear: v.optional(v.boolean()),
        }),
      ],
      '"keep", "export", "clear", or an object such as { export: "results.jsonl" } (.jsonl or .csv)',
    ),
  ),
  onFinish: v.optional(v.union([finishHook, v.array(finishHook)], hookWords)),
  itemTimeoutMs: v.optional(wholeMilliseconds),
  stopGraceMs: v.optional(
    v.pipe(
      amount("a number of milliseconds"),
      v.check((ms) => ms <= maxTimerMs || ms === Number.POSITIVE_INFINITY, grace),
    ),
  ),
  stages: v.optional(
    v.union(
      [
        v.pipe(v.array(stage), v.minLength(1)),
        v.pipe(
          v.record(v.string(), isFunction("a function")),
          v.check((stages) => Object.keys(stages).length > 0),
        ),
      ],
      "functions by name, or an array of { name, run }",
    ),
  ),
  order: v.optional(v.picklist(["items", "stages"], '"items" or "stages"')),
  estimate: v.optional(isFunction("a function of an item")),
  process: v.optional(isFunction("a function of an item and its context")),
  worker: v.optional(program),
  workers: v.optional(wholeNumber),
  command: v.optional(program),
  envFile: v.optional(text("the path of a file")),
});

/**
 * Checks a job definition.
 * @param jobFile its path, for what errors say
 * @throws JobDefinitionError AJ_JOB naming the member, what it should be, and what it is
 */
export function checkDefinition(value: unknown, jobFile: string): JobDefinition {
  if (value === null || typeof value !== "object")
    throw new JobDefinitionError(
      `${jobFile} exports no job: expected \`export default defineJob({ items, process })\`, got \`${show(value)}\`.`,
    );
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    const path = issue.path?.map((entry) => String(entry.key)).join(".") ?? "";
    if (issue.type === "strict_object" && issue.expected === "never")
      throw new JobDefinitionError(
        `${jobFile}: \`${path}\` is no member of a job: rename or remove it. Known are: ${Object.keys(schema.entries).slice(1).join(", ")}.`,
      );
    throw new JobDefinitionError(
      `${jobFile}: expected \`${path}\` to be ${issue.message}, got \`${show(issue.input)}\`. Change it in the job file.`,
    );
  }
  const definition = parsed.output as unknown as JobDefinition;
  const ways = (["process", "stages", "worker", "command"] as const).filter(
    (way) => definition[way] !== undefined,
  );
  if (ways.length === 0)
    throw new JobDefinitionError(
      `${jobFile} has no \`process\`: add \`process(item, ctx)\`, or \`stages\`, or a \`worker\` or \`command\` to run.`,
    );
  if (ways.length > 1)
    throw new JobDefinitionError(`${jobFile} has \`${ways.join("` and `")}\`: keep one of them.`);
  if (definition.order !== undefined && !definition.stages)
    throw new JobDefinitionError(`${jobFile} has \`order\` but no \`stages\`: remove it, or add \`stages\`.`);
  const names = Array.isArray(definition.stages) ? definition.stages.map(({ name }) => name as string) : [];
  const twice = names.find((name, n) => names.indexOf(name) !== n);
  if (twice !== undefined)
    throw new JobDefinitionError(
      `${jobFile} has two \`stages\` of the name ${show(twice)}: their results could not be told apart. Rename one.`,
    );
  if (definition.items === undefined && !definition.command)
    throw new JobDefinitionError(
      `${jobFile} has no \`items\`: add an array, a data file, a glob, or an iterable.`,
    );
  if (definition.command && !definition.checkpoint)
    throw new JobDefinitionError(
      `${jobFile} has a \`command\` but no \`checkpoint\`: name the file that the program writes.`,
    );
  checkPrices(definition, jobFile);
  const { onSuccess } = definition;
  if (typeof onSuccess === "object" && /(?:^|[\\/])checkpoints[\\/][^\\/]+\.jsonl$/i.test(onSuccess.export))
    throw new JobDefinitionError(
      `${jobFile}: \`onSuccess.export\` names ${show(onSuccess.export)}, which would be taken for a checkpoint in that folder. Choose another folder.`,
    );
  return definition;
}

function checkPrices({ prices }: JobDefinition, jobFile: string): void {
  try {
    new PriceList(prices);
  } catch (error) {
    throw new JobDefinitionError(`${jobFile}: \`prices\`: ${messageOf(error)} Change it in the job file.`);
  }
}

function show(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "number") return String(value); // JSON has neither NaN nor Infinity
  const shown = typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return shown.length > 60 ? `${shown.slice(0, 59)}…` : shown;
}
