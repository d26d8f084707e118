/**
 * Globs of the names that services and tools give their files; content decides. The setting `agentJobs.resultFiles` has
 * the same as its default. OpenAI: `batch_67f0_output.jsonl`, `…_error.jsonl`; Anthropic: `msgbatch_01Hk_results.jsonl`;
 * Bedrock: `NAME.jsonl.out`; Inspect: `logs/2026-11-20T09-59-59+00-00_TASK_ID.json`; promptfoo has no name of its own.
 */
export const foreignFileGlobs: readonly string[] = [
  "**/batch_*_output.jsonl",
  "**/batch_*_error.jsonl",
  "**/msgbatch_*_results.jsonl",
  "**/*.jsonl.out",
  "**/logs/????-??-??T*_*.json",
];
