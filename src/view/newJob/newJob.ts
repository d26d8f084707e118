import type { NewFile, NewJob, NewJobChoice } from "./choice.js";
import { sampleShape } from "./itemShape.js";
import { programJob } from "./programJob.js";
import { pythonJob } from "./pythonJob.js";
import { samples } from "./samples.js";
import { scriptJob } from "./scriptJob.js";

export const sampleName = "items.jsonl";

/**
 * The files of a new job, by what a person answered.
 * @throws RangeError where the rows of the chosen file cannot be told apart in this language
 */
export function newJob(choice: NewJobChoice): NewJob {
  const { input } = choice;
  if (choice.language === "python" && input.kind === "file" && !isTellable(choice))
    throw new RangeError("No member of the rows differs in every row: add an id to each.");
  // A sample is a file like any other once it is written.
  const resolved: NewJobChoice =
    input.kind === "sample"
      ? { ...choice, input: { kind: "file", path: `${choice.name}.${sampleName}`, shape: sampleShape } }
      : choice;
  const job =
    choice.language === "python"
      ? pythonJob(resolved)
      : choice.language === "program"
        ? programJob(resolved)
        : scriptJob(resolved);
  if (input.kind !== "sample") return job;
  const text = samples.map((item) => `${JSON.stringify(item)}\n`).join("");
  const sample: NewFile = { name: `${choice.name}.${sampleName}`, text };
  return { ...job, files: [...job.files, sample] };
}

function isTellable({ input }: NewJobChoice): boolean {
  return input.kind !== "file" || input.shape.kind === "text" || input.shape.key !== undefined;
}
