/** The tools that language models are offered. */
export const toolNames = [
  "list_jobs",
  "explain_failures",
  "preview_resume",
  "resume_job",
  "retry_failed",
  "repair_checkpoint",
] as const;

export type ToolName = (typeof toolNames)[number];

/** Those that change or spend something, and so never act without a confirmation. */
export const actingTools = ["resume_job", "retry_failed", "repair_checkpoint"] as const;

export type ActingTool = (typeof actingTools)[number];

export type ReadingTool = Exclude<ToolName, ActingTool>;

export const isActing = (name: ToolName): name is ActingTool =>
  (actingTools as readonly string[]).includes(name);
