/** The job that shows what a checkpoint is good for: it needs neither a key nor an installation. */

/** What a file must begin with to be taken for the example: only that is killed and damaged on a click. */
export const exampleMark = "// The example of Agent Jobs:";
export const exampleName = "example.job.ts";

/** The example's text. 60 items, four at a time: about 25 seconds. */
export function exampleJob(): string {
  return `${exampleMark} 60 short notes are read, four at a time. It needs no key and nothing installed.
import { defineJob } from "agent-jobs";

const notes = Array.from({ length: 60 }, (_, n) => ({
  id: \`note-\${String(n + 1).padStart(2, "0")}\`,
  text: \`Note \${n + 1} says that the \${["parcel", "invoice", "letter", "report"][n % 4]} came \${["late", "early", "twice"][n % 3]}.\`,
}));

/** These fail when they are tried for the first time. They come late, so that a run killed before them has them left. */
const busy = ["note-49", "note-50", "note-51"];
const garbled = ["note-45", "note-57"];

export default defineJob({
  items: notes,
  concurrency: 4,
  // Without this line, failures that may pass are tried again within the run. Here they wait for you.
  retry: false,

  async process(note, ctx) {
    await new Promise((resolve) => setTimeout(resolve, 1600)); // about as long as a model would take
    if (ctx.attempt === 1 && busy.includes(note.id))
      throw Object.assign(new Error("429 Too many requests: try again later"), { status: 429 });
    if (ctx.attempt === 1 && garbled.includes(note.id))
      JSON.parse(\`Sure! Here is what you asked for: {"words": \${note.text.length}\`);

    const words = note.text.split(" ");
    ctx.log(\`\${words.length} words\`);
    return { words: words.length, late: words.includes("late.") };
  },
});
`;
}
