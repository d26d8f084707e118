/**
 * A folder of `OPERATION.json`, each `{op_id, output, input_tokens, output_tokens, computed_at}`. An operation's id is a
 * hash of its task and the first 200 characters of its text, and neither is in the file.
 */
import { keyOf } from "../format/itemId.js";
import type { Usage } from "../format/record.js";
import { nonNumbersNote } from "./completedList.js";
import { emptyJob, type OldDone, type OldJob } from "./oldJob.js";
import { isMembers, type Members, msOfSeconds, numberOf, parseOldJson } from "./oldJson.js";
import { listed } from "./wording.js";

const fileShape = /^([0-9a-f]{24})\.json$/;

export const isOperationFile = (name: string): boolean => fileShape.test(name);

export const isOperation = ({ op_id }: Members): boolean => typeof op_id === "string";

/**
 * Texts that begin alike share an operation. So results are kept to be read, under ids that no input has: nothing that
 * is done by them can be taken for an item of a job.
 * @param files by name, in order; `text` is undefined where one could not be read
 */
export function readOperations(
  files: readonly { name: string; text: string | undefined }[],
  writtenAtMs: number,
): OldJob {
  const old = emptyJob("operation-cache", null, writtenAtMs);
  const broken: string[] = [];
  let nonNumbers = false;
  for (const { name, text } of files) {
    const [, operation] = fileShape.exec(name) ?? [];
    const found = operation === undefined || text === undefined ? undefined : operationIn(operation, text);
    if (!found) broken.push(name);
    else {
      old.done.push(found.done);
      nonNumbers ||= found.hadNonNumbers;
    }
  }
  const times = old.done.flatMap(({ atMs }) => atMs ?? []);
  if (times.length > 0) {
    old.startedAtMs = times.reduce((a, b) => Math.min(a, b));
    old.changedAtMs = times.reduce((a, b) => Math.max(a, b));
  }
  if (broken.length > 0) old.leftOut.push(`Torn, empty, or not what their names say: ${listed(broken)}.`);
  if (nonNumbers) old.leftOut.push(nonNumbersNote);
  old.leftOut.push(
    "The results are kept to be read, as items named `operation ID`, and no run reuses them: an operation's id tells only the first 200 characters of its text, so that two texts may share one.",
  );
  old.untold.push(
    "which texts and tasks the operations were of, and which model answered",
    "how many there were to be, and which failed",
    "what each took in time and money",
  );
  return old;
}

function operationIn(operation: string, text: string): { done: OldDone; hadNonNumbers: boolean } | undefined {
  try {
    const { value, hadNonNumbers } = parseOldJson(text);
    if (!isMembers(value) || value.op_id !== operation) return undefined;
    const atMs = msOfSeconds(value.computed_at);
    const usage = usageOf(value);
    const done = { item: keyOf(`operation ${operation}`), result: value };
    return {
      done: { ...done, ...(atMs !== undefined && { atMs }), ...(usage && { usage }) },
      hadNonNumbers,
    };
  } catch {
    return undefined;
  }
}

function usageOf({ input_tokens, output_tokens }: Members): Usage | undefined {
  const usage: Usage = {};
  const [inputTokens, outputTokens] = [numberOf(input_tokens), numberOf(output_tokens)];
  if (inputTokens !== undefined && inputTokens >= 0) usage.inputTokens = inputTokens;
  if (outputTokens !== undefined && outputTokens >= 0) usage.outputTokens = outputTokens;
  return Object.keys(usage).length > 0 ? usage : undefined;
}
