import { serviceError, type Told } from "./failures.js";
import type { LineKind } from "./kind.js";
import { isMembers, keyIn, type Members, type Row, valueAt } from "./row.js";

/** How rows of JSON Lines that somebody's own script writes are to be read. Members within members: `meta.id`, `choices.0`. */
export interface Mapping {
  /** Where an item's id is: a string, number or boolean. A row without one is a fault. */
  id: string;
  /** What is there, and neither null, false, 0 nor empty, is an error: the row is never done. */
  error?: string;
  /** A row without it is not done. Left out: the whole row is the result. */
  result?: string;
  /** `status=ok`: a row where it is otherwise is not done. */
  done?: string;
  /** How many items there are: a number, or as many as a file (beside this one) has lines. Unknown where left out. */
  total?: number | { lines: string } | null;
}

/**
 * What a value from settings or a file says.
 * @throws TypeError saying what is expected of which member
 */
export function mappingOf(value: unknown): Mapping {
  if (!isMembers(value))
    throw new TypeError(`Expected a mapping such as {"id": "doc_id"}, got ${shown(value)}.`);
  const path = (name: string, isNeeded = false): string | undefined => {
    const text = value[name];
    if ((text === undefined || text === null || text === "") && !isNeeded) return undefined;
    if (typeof text === "string" && text !== "") return text;
    throw new TypeError(
      `Expected \`${name}\` of a mapping to be a member's name such as "meta.id", got ${shown(text)}.`,
    );
  };
  const [error, result, done] = [path("error"), path("result"), path("done")];
  if (done !== undefined && !/^[^=]+=/.test(done))
    throw new TypeError(`Expected \`done\` of a mapping to be such as "status=ok", got ${shown(done)}.`);
  return {
    id: path("id", true)!,
    ...(error !== undefined && { error }),
    ...(result !== undefined && { result }),
    ...(done !== undefined && { done }),
    total: totalOf(value.total),
  };
}

function totalOf(value: unknown): NonNullable<Mapping["total"]> | null {
  if (value === undefined || value === null) return null;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  if (isMembers(value) && typeof value.lines === "string" && value.lines !== "")
    return { lines: value.lines };
  throw new TypeError(
    `Expected \`total\` of a mapping to be a number or {"lines": "input.jsonl"}, got ${shown(value)}.`,
  );
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 100);

/**
 * The kind that a mapping makes. A row with an error is failed; one without, but also without the result or the
 * condition that makes it done, is open: begun and not finished, so far. Of several rows of an item one that is done
 * is enough, whatever comes before or after it: its result is there.
 */
export function mappedLines({ id, error, result, done, total }: Mapping): LineKind {
  const at = (path: string | undefined) => path?.split(".") ?? [];
  const paths = { id: at(id), error: at(error), result: at(result) };
  const split = done?.indexOf("=") ?? -1;
  const condition =
    done === undefined ? undefined : { path: at(done.slice(0, split)), text: done.slice(split + 1) };
  return {
    kind: "json-lines",
    ...(typeof total === "number" && { total }),
    begins: () => true,
    rowOf(row): Row | undefined {
      const item = keyIn(row, pathIn(row.value, id, paths.id));
      if (item === undefined) return undefined;
      const failure =
        error === undefined ? undefined : valueAt(row.value, pathIn(row.value, error, paths.error));
      if (failure) return { item, state: "failed", ...toldBy(failure) };
      const value =
        result === undefined ? row.value : valueAt(row.value, pathIn(row.value, result, paths.result));
      if (value === undefined || value === null) return { item, state: "open" };
      if (condition && textOf(valueAt(row.value, condition.path)) !== condition.text)
        return { item, state: "open" };
      return { item, state: "done", result: value };
    },
  };
}

/** A member's own name may have dots in it. */
const pathIn = (value: Members, name: string, path: readonly string[]): readonly string[] =>
  Object.hasOwn(value, name) ? [name] : path;

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value) ?? "");

function toldBy(error: unknown): Told {
  const status = isMembers(error)
    ? [error.status, error.status_code, error.statusCode].find(isFailing)
    : undefined;
  return serviceError(error, status);
}

const isFailing = (status: unknown): status is number =>
  typeof status === "number" && status >= 400 && status < 600;
