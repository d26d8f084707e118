/**
 * The tools that language models are offered, in VS Code and over MCP: one wording, one set of inputs. package.json
 * repeats them for VS Code, and a test holds the two together.
 */
import type { InputSchema } from "./inputSchema.js";
import type { ToolName } from "./names.js";

export interface ToolDefinition {
  name: ToolName;
  title: string;
  /** For the model: when to use it, when not, what it returns. */
  description: string;
  inputSchema: InputSchema;
  hints: { readOnlyHint: boolean; destructiveHint: boolean; idempotentHint: boolean; openWorldHint: boolean };
}

/** Pages are counted in rows that were left out. */
export const maxOffset = 1_000_000;
export const maxNamedItems = 200;
const maxJobChars = 4_096;

const job = {
  type: "string",
  description:
    "The job: its `job` as the tool that lists jobs gives it (such as jobs/nightly.job.ts), or its exact name. Never guess one.",
  minLength: 1,
  maxLength: maxJobChars,
} as const;

const offset = {
  type: "integer",
  description: "Begin after so many rows, where an earlier answer said that rows were left out. Default 0.",
  minimum: 0,
  maximum: maxOffset,
} as const;

const reading = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };
/** It runs the job's own code, which calls models, services and whatever else it is written to. */
const running = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true };

/**
 * @param named how a tool is called where it is offered: names differ in their prefix
 */
export function toolDefinitions(named: (name: ToolName) => string): ToolDefinition[] {
  return [
    {
      name: "list_jobs",
      title: "List Batch Jobs",
      description: `Lists the batch jobs of this folder (long runs over many items, kept by Agent Jobs in checkpoint files) and how each stands. Use it first whenever a person asks about a batch, a run, a job or its progress, what it has cost, why it stopped, or what needs attention, and to learn the exact \`job\` that the other tools take. Also use it to look how a run goes that another tool started. Do not use it for failures of single items (${named("explain_failures")}) or for what a run would cost (${named("preview_resume")}). It reads files and changes nothing. Returns one row a job: job, name, state, counts of done, failed, in doubt and remaining items, what was spent, how the last run ended, and which tools can be used with it now.`,
      inputSchema: {
        type: "object",
        properties: {
          only: {
            type: "string",
            description:
              "`attention`: only jobs with failed items, items in doubt, damage, or a run that ended before all was done. `running`: only jobs that run now. Default `all`.",
            enum: ["all", "attention", "running"],
          },
          offset,
        },
        required: [],
        additionalProperties: false,
      },
      hints: reading,
    },
    {
      name: "explain_failures",
      title: "Explain Failed Items",
      description: `Says why items of one batch job failed: by cause, with what each cause means, whether trying again helps, the messages that were recorded, and which items they are of; also how the last run ended and how many items are in doubt. Use it when a person asks why a job or some of its items failed or what to do about failures, and before ${named("retry_failed")}. Do not use it for a job whose checkpoint is damaged and nothing else (${named("repair_checkpoint")}), nor to read results. It reads files and changes nothing. Returns counts by cause and one row for each kind of message, with ids of its items.`,
      inputSchema: {
        type: "object",
        properties: {
          job,
          cause: {
            type: "string",
            description: "Only failures of this cause, exactly as an earlier answer named it.",
            minLength: 1,
            maxLength: 200,
          },
          offset,
        },
        required: ["job"],
        additionalProperties: false,
      },
      hints: reading,
    },
    {
      name: "preview_resume",
      title: "Preview a Resume",
      description: `Says what a run of one batch job would do, without doing it: how many items are done, failed, in doubt and to do, expected time, tokens and cost, how much of its budget is spent, and what changed (model, prompt, code, items) since its results were made. Use it before ${named("resume_job")}, and when a person asks what is left or what it will cost. Do not use it to see how a live run goes (${named("list_jobs")}). It loads the job file to count its items, runs no item and changes nothing. Returns the figures, what has to be decided, and what stands in the way of a run.`,
      inputSchema: { type: "object", properties: { job }, required: ["job"], additionalProperties: false },
      hints: reading,
    },
    {
      name: "resume_job",
      title: "Start or Resume a Job",
      description: `Starts one batch job, or goes on with it where it was: items that are done are not done again, failed ones are tried again. This runs the job's code and may spend money; the person is shown the plan and confirms it first. Use it only when the person asked to run, start, resume or go on with a job. Do not use it to try failed items alone (${named("retry_failed")}), on a damaged checkpoint (${named("repair_checkpoint")} first), or to look how a run goes (${named("list_jobs")}); never call it twice for one wish. It does not wait: it returns at once with what was started and how to look. A run may take hours.`,
      inputSchema: {
        type: "object",
        properties: {
          job,
          changed: {
            type: "string",
            description:
              "Only where an answer said that the job changed since its results were made, and only as the person decided: `keep` the results that are done, or `redo` them, which spends their cost again (the old ones are kept as a backup).",
            enum: ["keep", "redo"],
          },
          in_doubt: {
            type: "string",
            description:
              "Items that a killed run began and did not record: `retry` does them again (the default), `skip` leaves them.",
            enum: ["retry", "skip"],
          },
          limit: {
            type: "integer",
            description: "Begin at most so many items, to try it out.",
            minimum: 1,
            maximum: 1_000_000_000,
          },
        },
        required: ["job"],
        additionalProperties: false,
      },
      hints: running,
    },
    {
      name: "retry_failed",
      title: "Retry Failed Items",
      description: `Tries failed items of one batch job again, and no others: all of them, those of some causes, or single ones. This runs the job's code and may spend money; the person is shown the plan and confirms it first. Use it only when the person asked to retry failures; look at ${named("explain_failures")} first, since causes such as auth, context-too-long or bug fail again until something is changed. Do not use it for items that were never tried (${named("resume_job")}). It does not wait: it returns at once with what was started and how to look.`,
      inputSchema: {
        type: "object",
        properties: {
          job,
          causes: {
            type: "array",
            description: `Only failures of these causes, exactly as ${named("explain_failures")} named them. Leave out for all.`,
            items: { type: "string", minLength: 1, maxLength: 200 },
            minItems: 1,
            maxItems: 50,
          },
          items: {
            type: "array",
            description: `Only these failed items, by their ids exactly as ${named("explain_failures")} gave them. Not together with causes.`,
            items: { type: ["string", "number"], maxLength: 4_096 },
            minItems: 1,
            maxItems: maxNamedItems,
          },
          changed: {
            type: "string",
            description:
              "Only where an answer said that the job changed since its results were made, and the person decided to keep the results that are done.",
            enum: ["keep"],
          },
        },
        required: ["job"],
        additionalProperties: false,
      },
      hints: running,
    },
    {
      name: "repair_checkpoint",
      title: "Repair a Damaged Checkpoint",
      description: `Repairs the damaged checkpoint of one batch job: keeps every whole record, saves what it can out of broken lines, and drops the rest. The original stays beside it as a backup, and it can be undone. The person is shown what is kept and dropped and confirms it first. Use it only when ${named("list_jobs")} says that a job is damaged and the person wants it repaired. Do not use it for failed items (${named("retry_failed")}), on a live run, or on files of other tools. Returns where the backup is and how to undo it.`,
      inputSchema: {
        type: "object",
        properties: {
          job,
          keep_merged: {
            type: "boolean",
            description:
              "Also keep whole records without a checksum that damaged lines hold: nothing but the eye can tell that they are right. Default false.",
          },
        },
        required: ["job"],
        additionalProperties: false,
      },
      hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    },
  ];
}
