import type { NewJob, NewJobChoice } from "./choice.js";
import { placeLines } from "./place.js";
import { scriptItems } from "./scriptJob.js";

/** A job that runs a program for each item, whatever it is written in. */
export function programJob(choice: NewJobChoice): NewJob {
  const file = `${choice.name}.job.mjs`;
  const { before, members } = scriptItems(choice);
  const text = `// ${choice.name}: runs a program for each item. Run it, kill it, run it again: what is done stays done.
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { defineJob } from "agent-jobs";

/** The program and its arguments. It reads an item, as JSON, from its standard input, and prints the item's result. */
const program = ["sort"];

${before.map((line) => `${line}\n`).join("")}export default defineJob({
${members.map((line) => `  ${line}\n`).join("")}  params: { program }, // recorded: a change is noticed, and you are asked
  concurrency: 4,
${placeLines(choice)
  .map((line) => `  // ${line}\n`)
  .join("")}
  async process(item, ctx) {
    const [file, ...args] = program;
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], signal: ctx.signal });
    const ended = new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
    child.stdin.on("error", () => {}); // it may end without having read everything
    child.stdin.end(\`\${JSON.stringify(item)}\\n\`);
    const [code, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    if (errors !== "") ctx.log(errors);
    if (code !== 0) throw new Error(\`\${file} ended with \${code}: \${errors.trim().slice(-300)}\`);
    try {
      return JSON.parse(output);
    } catch {
      return output.trim();
    }
  },
});
`;
  return { files: [{ name: file, text }], edit: { name: file, text: '"sort"' } };
}
