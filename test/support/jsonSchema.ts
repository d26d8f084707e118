/** Judges a value by a JSON schema, by the keywords that our schemas use; any other is refused, lest it be overlooked. */
type Schema = boolean | { readonly [keyword: string]: unknown };

const annotations = new Set([
  ...["$schema", "title", "description", "markdownDescription", "default", "examples", "definitions"],
  ...["defaultSnippets", "enumDescriptions", "then", "else"],
]);

const typeOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value;

type Check = (value: never, given: never, schema: Record<string, unknown>, judge: Judge) => boolean;
type Judge = (value: unknown, schema: Schema) => boolean;
type Members = Record<string, unknown>;

const isType = (value: unknown, name: string) =>
  name === "integer" ? Number.isInteger(value) : name === typeOf(value);
const isMembers = (value: unknown): value is Members => typeOf(value) === "object";

const checks: Record<string, Check> = {
  type: (value: unknown, given: string | string[]) => [given].flat().some((name) => isType(value, name)),
  enum: (value: unknown, given: unknown[]) => given.includes(value),
  const: (value: unknown, given: unknown) => value === given,
  minimum: (value: unknown, given: number) => typeof value !== "number" || value >= given,
  maximum: (value: unknown, given: number) => typeof value !== "number" || value <= given,
  minLength: (value: unknown, given: number) => typeof value !== "string" || value.length >= given,
  pattern: (value: unknown, given: string) => typeof value !== "string" || new RegExp(given, "u").test(value),
  minItems: (value: unknown, given: number) => !Array.isArray(value) || value.length >= given,
  items: (value: unknown, given: Schema, _, judge) =>
    !Array.isArray(value) || value.every((one) => judge(one, given)),
  minProperties: (value: unknown, given: number) => !isMembers(value) || Object.keys(value).length >= given,
  required: (value: unknown, given: string[]) => !isMembers(value) || given.every((name) => name in value),
  properties: (value: unknown, given: Record<string, Schema>, _, judge) =>
    !isMembers(value) ||
    Object.entries(given).every(([name, one]) => !(name in value) || judge(value[name], one)),
  additionalProperties: (value: unknown, given: Schema, { properties = {} }, judge) =>
    !isMembers(value) ||
    Object.keys(value).every((name) => name in (properties as object) || judge(value[name], given)),
  dependencies: (value: unknown, given: Record<string, string[]>) =>
    !isMembers(value) ||
    Object.entries(given).every(([name, others]) => !(name in value) || others.every((one) => one in value)),
  anyOf: (value: unknown, given: Schema[], _, judge) => given.some((one) => judge(value, one)),
  oneOf: (value: unknown, given: Schema[], _, judge) => given.filter((one) => judge(value, one)).length === 1,
  if: (value: unknown, given: Schema, schema, judge) =>
    judge(value, (judge(value, given) ? schema.then : schema.else) as Schema),
};

/** Whether a value is as the schema says. */
export function fits(value: unknown, root: Schema): boolean {
  const judge: Judge = (one, schema) => {
    if (typeof schema === "boolean") return schema;
    return Object.entries(schema).every(([keyword, given]) => {
      if (annotations.has(keyword)) return true;
      if (keyword === "$ref") return judge(one, referred(root, given as string));
      const check = checks[keyword];
      if (!check) throw new Error(`The keyword ${keyword} is not known here.`);
      return check(one as never, given as never, schema as Record<string, unknown>, judge);
    });
  };
  return judge(value, root);
}

function referred(root: Schema, path: string): Schema {
  return path
    .slice("#/".length)
    .split("/")
    .reduce((at, name) => (at as Record<string, Schema>)[name]!, root);
}
