import type { ForeignKind } from "../runtime/format/foreignKinds.js";
import { t } from "./l10n.js";

/** What a file of another tool is called. */
const names: Record<ForeignKind, () => string> = {
  "openai-batch": () => t("OpenAI batch"),
  "openai-batch-input": () => t("OpenAI batch requests"),
  "anthropic-batch": () => t("Anthropic batch"),
  "bedrock-batch": () => t("Bedrock batch"),
  "gemini-batch": () => t("Gemini batch"),
  promptfoo: () => "promptfoo",
  "promptfoo-jsonl": () => "promptfoo",
  inspect: () => t("Inspect log"),
  "json-lines": () => t("JSON Lines"),
};

export const kindText = (kind: ForeignKind): string => names[kind]();
