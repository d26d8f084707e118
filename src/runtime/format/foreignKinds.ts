/** Files of other tools that are only read. Their names are the `format` of `status --json`. */
export const foreignKinds = [
  "openai-batch",
  "openai-batch-input",
  "anthropic-batch",
  "bedrock-batch",
  "gemini-batch",
  "promptfoo",
  "promptfoo-jsonl",
  "inspect",
  "json-lines", // rows of a shape that a person has described
] as const;

export type ForeignKind = (typeof foreignKinds)[number];

const known: ReadonlySet<string> = new Set(foreignKinds);

/** Whether a file of this format is only read: nothing writes, repairs, locks or moves it. */
export function isForeignKind(format: string): format is ForeignKind {
  return known.has(format);
}
