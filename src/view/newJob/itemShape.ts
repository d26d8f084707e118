/** What the rows of a data file are like: which member tells them apart, and which is the text to work on. */
export interface ItemShape {
  /** Rows are texts themselves, or objects. */
  kind: "text" | "object";
  /** Their members by name, with TypeScript's name for their type; those that not every row has are optional. */
  members: readonly { name: string; type: string; optional: boolean }[];
  /** The member that differs in every row; undefined where none does, or rows are texts. */
  key: string | undefined;
  /**
   * The member that is the text to work on, which every row has: one by a prompt's name, else the longest; undefined where
   * there is none.
   */
  text: string | undefined;
}

/** What the items that we write ourselves are like. */
export const sampleShape: ItemShape = {
  kind: "object",
  members: [
    { name: "id", type: "string", optional: false },
    { name: "text", type: "string", optional: false },
  ],
  key: "id",
  text: "text",
};

/** @param rows all rows of a file; undefined is given where they are neither objects nor texts */
export function shapeOf(rows: readonly unknown[]): ItemShape | undefined {
  if (rows.length === 0) return undefined;
  if (rows.every((row) => typeof row === "string"))
    return { kind: "text", members: [], key: undefined, text: undefined };
  if (!rows.every(isObject)) return undefined;
  const names = [...new Set(rows.slice(0, maxLooked).flatMap((row) => Object.keys(row)))];
  const members = names.map((name) => {
    const values = rows.map((row) => row[name]).filter((value) => value !== undefined);
    return { name, type: typeOf(values), optional: values.length < rows.length };
  });
  const keys = names.filter((name) => differs(rows.map((row) => row[name])));
  const named =
    keys.find((name) => name === "id") ?? keys.find((name) => /(^|_)(id|key|uid|uuid)$/i.test(name));
  // A job that works on a member which some rows lack would fail these.
  const texts = members.filter(({ type, optional }) => type === "string" && !optional);
  const byLikeness = (names: readonly string[]) =>
    [...names].sort((a, b) => promptRank(a) - promptRank(b) || lengthOf(rows, b) - lengthOf(rows, a));
  // What stands first is meant to name a row; a text is a poor name where there is another.
  const likely = byLikeness(keys)[0];
  const key = named ?? keys.find((name) => name !== likely) ?? likely;
  const text = byLikeness(texts.map(({ name }) => name).filter((name) => name !== key))[0];
  return { kind: "object", members, key, text };
}

const maxLooked = 200;

/** What people call a text that a model is to work on, the surest first. */
const promptNames = [
  ...["prompt", "text", "input", "question", "content", "body", "message"],
  ...["query", "instruction", "document", "article", "description", "review", "comment"],
];

/** By its last word: `user_prompt`, `emailBody`. Those of no such name come last, all alike. */
function promptRank(name: string): number {
  const word = name.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).findLast((part) => part !== "");
  const rank = promptNames.indexOf((word ?? "").toLowerCase());
  return rank === -1 ? promptNames.length : rank;
}

function isObject(row: unknown): row is Record<string, unknown> {
  return typeof row === "object" && row !== null && !Array.isArray(row);
}

function differs(values: readonly unknown[]): boolean {
  const isId = (value: unknown) =>
    (typeof value === "string" && value !== "") || (typeof value === "number" && Number.isSafeInteger(value));
  // An id of 1 and one of "1" are two, but nobody means them to be.
  return values.every(isId) && new Set(values.map(String)).size === values.length;
}

function lengthOf(rows: readonly Record<string, unknown>[], name: string): number {
  return rows.slice(0, maxLooked).reduce((sum, row) => sum + String(row[name] ?? "").length, 0);
}

function typeOf(values: readonly unknown[]): string {
  const types = new Set(
    values.map((value) =>
      ["string", "number", "boolean"].includes(typeof value) ? typeof value : "unknown",
    ),
  );
  return types.size === 1 ? [...types][0]! : "unknown";
}
