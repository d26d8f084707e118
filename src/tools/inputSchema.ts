/** The inputs of tools: the part of JSON Schema that they need, and what a model is told of an input that does not fit. */
import { shortText } from "../view/text.js";
import { ToolError } from "./answer.js";

interface TextSchema {
  type: "string" | readonly ["string", "number"];
  description?: string;
  enum?: readonly string[];
  minLength?: number;
  maxLength?: number;
}

interface NumberSchema {
  type: "integer";
  description?: string;
  minimum: number;
  maximum: number;
}

interface FlagSchema {
  type: "boolean";
  description?: string;
}

interface ListSchema {
  type: "array";
  description?: string;
  items: TextSchema;
  minItems: number;
  maxItems: number;
}

type ValueSchema = TextSchema | NumberSchema | FlagSchema | ListSchema;

export interface InputSchema {
  type: "object";
  properties: Readonly<Record<string, ValueSchema>>;
  required: readonly string[];
  additionalProperties: false;
}

export type ToolInput = Readonly<Record<string, unknown>>;

/**
 * An input that fits its schema. Members that are null count as left out: models write them so.
 * @throws ToolError saying what is expected and what was given
 */
export function checkInput(schema: InputSchema, input: unknown): ToolInput {
  if (input !== undefined && (typeof input !== "object" || input === null || Array.isArray(input)))
    throw wrong("an object", "the input", input);
  const given = Object.entries(input ?? {}).filter(([, value]) => value !== null && value !== undefined);
  const known = Object.keys(schema.properties);
  for (const [name] of given)
    if (!Object.hasOwn(schema.properties, name))
      throw new ToolError({
        said: `The input has a member that this tool does not know. It takes: ${known.join(", ")}. Leave the other out and call again.`,
        about: { unknown: name },
      });
  const members = new Map(given);
  for (const name of schema.required)
    if (!members.has(name))
      throw new ToolError({
        said: `\`${name}\` is missing: ${schema.properties[name]?.description ?? ""} Call again with it.`,
      });
  for (const [name, value] of members) {
    const expected = faultOf(schema.properties[name]!, value);
    if (expected !== undefined) throw wrong(expected, `\`${name}\``, value);
  }
  return Object.fromEntries(members);
}

function wrong(expected: string, name: string, value: unknown): ToolError {
  return new ToolError({
    said: `Expected ${name} to be ${expected}. Correct it and call again.`,
    about: { given: shortText(JSON.stringify(value) ?? "undefined", 120) },
  });
}

/** What was expected instead; undefined where the value fits. */
function faultOf(schema: ValueSchema, value: unknown): string | undefined {
  switch (schema.type) {
    case "boolean":
      return typeof value === "boolean" ? undefined : "true or false";
    case "integer": {
      const { minimum, maximum } = schema;
      const fits = Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum;
      return fits ? undefined : `an integer from ${minimum} to ${maximum}`;
    }
    case "array": {
      const { items, minItems, maxItems } = schema;
      const expected = `an array of ${minItems} to ${maxItems}`;
      if (!Array.isArray(value) || value.length < minItems || value.length > maxItems) return expected;
      const fault = value.map((one) => faultOf(items, one)).find((one) => one !== undefined);
      return fault && `${expected}, each ${fault}`;
    }
    default:
      return textFault(schema, value);
  }
}

function textFault(schema: TextSchema, value: unknown): string | undefined {
  if (schema.enum)
    return typeof value === "string" && schema.enum.includes(value)
      ? undefined
      : `one of ${schema.enum.join(", ")}`;
  if (typeof value === "number" && Array.isArray(schema.type) && Number.isFinite(value)) return undefined;
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema;
  const fits = typeof value === "string" && value.length >= minLength && value.length <= maxLength;
  return fits ? undefined : `a text of ${minLength} to ${maxLength} characters`;
}
