import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { extname, join, relative, resolve, sep } from "node:path";
import { parse as parseCsv } from "csv-parse/sync";
import { glob } from "tinyglobby";
import { JobDefinitionError, messageOf, systemCodeOf } from "../errors.js";
import { type ItemId, type ItemKey, keyOf } from "../format/itemId.js";
import { LineSplitter } from "../format/lines.js";
import { contentHash } from "../session/operationCache.js";
import { keyOfItem } from "../session/session.js";
import type { JobDefinition } from "./defineJob.js";
import { exactMember, parseExactly } from "./exactJson.js";
import { itemCount } from "./itemCount.js";

/** One item of a job's input. */
export interface InputItem {
  key: ItemKey;
  item: unknown;
  /** SHA-256 of the input, hex: of a file's bytes for a glob's, else of the RFC 8785 JSON; undefined where it is no JSON. */
  hash(): string | undefined | Promise<string | undefined>;
}

/** A job's input: all of it, or a stream of which the end is not known. */
export type Input =
  | { kind: "list"; items: InputItem[] }
  | { kind: "stream"; items: AsyncIterable<InputItem> };

/**
 * Resolves what a definition's `items` names.
 * @param folder what paths are relative to, absolute
 * @throws JobDefinitionError AJ_JOB where it cannot be read or names nothing
 */
export async function resolveItems(
  source: JobDefinition["items"],
  key: JobDefinition["key"],
  folder: string,
): Promise<Input> {
  if (typeof source === "function") {
    let given: unknown;
    try {
      given = await source();
    } catch (error) {
      throw new JobDefinitionError(
        `\`items\` threw: ${messageOf(error)}. Nothing was run. Mend the job file, then run again.`,
        {
          cause: error,
        },
      );
    }
    if (typeof given === "function")
      throw new JobDefinitionError(
        "Expected `items()` to give items, got another function. Return the items themselves.",
      );
    return resolveItems(given as JobDefinition["items"], key, folder);
  }
  if (typeof source === "string") {
    const path = resolve(folder, source);
    const isData = [".jsonl", ".csv", ".json"].includes(extname(source).toLowerCase());
    if (isData && (await isFile(path))) return list(await readData(path), key, source);
    if (isData && !/[*?[\]{}]/.test(source))
      throw new JobDefinitionError(
        `There is no items file ${path}. Check \`items\`; paths are relative to the job file's folder.`,
      );
    return list(await findFiles(source, folder), key ?? "path", source, folder);
  }
  if (Array.isArray(source)) return list(source, key, "items");
  const iterable = source as Iterable<unknown> & AsyncIterable<unknown>;
  if (
    iterable &&
    (typeof iterable[Symbol.asyncIterator] === "function" || typeof iterable[Symbol.iterator] === "function")
  )
    return { kind: "stream", items: stream(iterable, key) };
  throw new JobDefinitionError(
    "Expected `items` to be an array, a data file, a glob, an iterable, or a function giving one, got an object that cannot be iterated. Change `items` to one of these.",
  );
}

async function* stream(
  iterable: AsyncIterable<unknown> | Iterable<unknown>,
  key: JobDefinition["key"],
): AsyncGenerator<InputItem> {
  let position = 0;
  try {
    for await (const item of iterable) yield inputItem(item, key, ++position, "items");
  } catch (error) {
    if (error instanceof JobDefinitionError) throw error;
    throw new JobDefinitionError(
      `\`items\` threw after ${itemCount(position)}: ${messageOf(error)}. What is done is kept. Mend the job file, then run again.`,
      {
        cause: error,
      },
    );
  }
}

function list(items: readonly unknown[], key: JobDefinition["key"], source: string, folder?: string): Input {
  const exact = (item: unknown, i: number) => exactMember(items, String(i)) ?? item;
  return {
    kind: "list",
    items: items.map((item, i) => inputItem(exact(item, i), key, i + 1, source, folder)),
  };
}

function inputItem(
  item: unknown,
  key: JobDefinition["key"],
  position: number,
  source: string,
  folder?: string,
): InputItem {
  let id: ItemKey;
  try {
    id = idOf(item, key);
  } catch (error) {
    const advice = "Give each item an `id`, or set `key` to a function or to the name of a member.";
    throw new JobDefinitionError(
      `Item ${position} of ${source} has no usable id: ${messageOf(error)} ${advice}`,
      { cause: error },
    );
  }
  const hash =
    folder === undefined ? () => hashOf(item) : () => hashFile(join(folder, (item as { path: string }).path));
  return { key: id, item, hash };
}

function idOf(item: unknown, key: JobDefinition["key"]): ItemKey {
  if (typeof key === "function") return keyOf((key as (item: unknown) => ItemId)(item));
  const exact = exactMember(item, key ?? "id");
  if (exact !== undefined) return keyOf(exact);
  if (typeof key !== "string") return keyOfItem(item);
  const value = (item as Record<string, unknown> | null)?.[key];
  if (value === undefined) throw new TypeError(`It has no member \`${key}\`.`);
  return keyOf(value as ItemId);
}

function hashOf(item: unknown): string | undefined {
  try {
    return contentHash(item);
  } catch {
    return undefined; // an object that is no JSON has no content to compare
  }
}

async function hashFile(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch {
    return undefined; // `process` will say why the file cannot be read
  }
  return hash.digest("hex");
}

async function findFiles(pattern: string, folder: string): Promise<{ path: string }[]> {
  const found = await glob(pattern, {
    cwd: folder,
    dot: false,
    onlyFiles: true,
    absolute: true,
    expandDirectories: false,
  });
  if (found.length === 0)
    throw new JobDefinitionError(
      `\`items\`: no file matches "${pattern}" in ${folder}. Check the pattern; it is relative to the job file's folder.`,
    );
  const paths = found.map((path) => relative(folder, path).replaceAll(sep, "/"));
  return paths.sort().map((path) => ({ path }));
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function readData(path: string): Promise<unknown[]> {
  try {
    if (/\.jsonl$/i.test(path)) return await readJsonLines(path);
    const text = (await readFile(path, "utf8")).replace(/^\uFEFF/, "");
    if (/\.csv$/i.test(path)) return parseCsv(text, { columns: true, skip_empty_lines: true }) as unknown[];
    const value: unknown = parseExactly(text);
    if (!Array.isArray(value)) throw new TypeError("expected an array of items at the top");
    return value;
  } catch (error) {
    if (error instanceof JobDefinitionError) throw error;
    const what = systemCodeOf(error)?.startsWith("E") ? "read" : "parse";
    throw new JobDefinitionError(
      `Cannot ${what} the items file ${path}: ${messageOf(error)}. Mend it, then run again.`,
      {
        cause: error,
      },
    );
  }
}

async function readJsonLines(path: string): Promise<unknown[]> {
  const items: unknown[] = [];
  const splitter = new LineSplitter();
  const take = (bytes: Buffer | null, line: number) => {
    const text = bytes
      ?.toString("utf8")
      .replace(/^\uFEFF/, "")
      .trim();
    if (text === "") return;
    try {
      items.push(parseExactly(text ?? ""));
    } catch (error) {
      throw new JobDefinitionError(
        `Cannot parse the items file ${path}, line ${line}: ${messageOf(error)}. Mend that line, then run again.`,
        { cause: error },
      );
    }
  };
  for await (const chunk of createReadStream(path))
    for (const line of splitter.push(chunk as Buffer)) take(line.bytes, line.number);
  const tail = splitter.tail();
  if (tail) take(tail.bytes, tail.number);
  return items;
}
