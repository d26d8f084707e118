// Digests the READMEs of the packages that are installed in this project: real documents by some 300 authors.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defineJob } from "agent-jobs";
import { digestOf } from "./digest";
import { extractVersion } from "./extract";
import { promptVersion, summarize, summarizerFrom } from "./modelSummary";
import { outlineOf } from "./outline";

const summarizer = summarizerFrom(process.env);

export default defineJob({
  items: "../../node_modules/**/{README,readme,Readme}{,.md,.markdown,.txt}",
  params: summarizer
    ? { summaryBy: summarizer.provider, model: summarizer.model, promptVersion, extractVersion }
    : { summaryBy: "extract", extractVersion },
  concurrency: 8,

  async process(item, ctx) {
    const file = join(import.meta.dirname, item.path);
    const text = await readFile(file, "utf8");
    const outline = (markdown: string) => ctx.step("outline", { text: markdown }, () => outlineOf(markdown));
    if (summarizer === undefined) return digestOf(file, text, { outline });

    const call = { signal: ctx.signal, fetch: ctx.fetch, usage: (reply: object) => ctx.usage(reply) };
    const model = {
      name: summarizer.model,
      summarize: (name: string, prose: string) => summarize(summarizer, name, prose, call),
    };
    return digestOf(file, text, { outline, model });
  },
});
