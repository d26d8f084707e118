import type { ForeignKind } from "../runtime/format/foreignKinds.js";

/** What a file of another tool is called. */
const names: Record<ForeignKind, string> = {
  "openai-batch": "OpenAI batch",
  "openai-batch-input": "OpenAI batch requests",
  "anthropic-batch": "Anthropic batch",
  "bedrock-batch": "Bedrock batch",
  "gemini-batch": "Gemini batch",
  promptfoo: "promptfoo",
  "promptfoo-jsonl": "promptfoo",
  inspect: "Inspect log",
  "json-lines": "JSON Lines",
};

export const kindText = (kind: ForeignKind): string => names[kind];
