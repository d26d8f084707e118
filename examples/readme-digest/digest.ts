import { basename, dirname } from "node:path";
import { extractFrom } from "./extract";
import { type Link, type Outline, outlineOf } from "./outline";
import { packageOf } from "./packageOf";

export type Digest = {
  title: string;
  summary: string;
  /** Who wrote the summary: a model's name, `extract` for the document's own sentences, `package.json` for its description. */
  summaryBy: string;
  keywords: string[];
  links: Link[];
  package: { name: string; version: string | null } | null;
  words: number;
};

export type DigestSteps = {
  /** Parsing, wrapped by the caller where it wants the outline kept. */
  outline: (text: string) => Promise<Outline>;
  /** Writes the summary of a document with enough prose; left out, the document's own sentences are chosen. */
  model?: { name: string; summarize: (name: string, prose: string) => Promise<string> };
};

/** Fewer words than these say nothing that a model could put into other words. */
const fewestWordsForModel = 20;

/** Digests one README. `file` is its absolute path, which tells the package. */
export async function digestOf(
  file: string,
  text: string,
  { outline: parse, model }: DigestSteps = { outline: async (markdown) => outlineOf(markdown) },
): Promise<Digest> {
  const owner = await packageOf(file);
  const outline = await parse(text);
  const name = owner?.name ?? basename(dirname(file));
  const title = outline.title ?? name;
  const { summary: extracted, isPoor, keywords } = await extractFrom(outline, [title, name]);
  const prose = outline.blocks.map((block) => block.text).join("\n");

  let summary = extracted;
  let summaryBy = "extract";
  if (model !== undefined && outline.words >= fewestWordsForModel) {
    summary = await model.summarize(name, prose);
    summaryBy = model.name;
  } else if (isPoor && owner?.description) {
    summary = owner.description;
    summaryBy = "package.json";
  }
  return {
    title,
    summary,
    summaryBy,
    keywords,
    links: outline.links,
    package: owner && { name: owner.name, version: owner.version },
    words: outline.words,
  };
}
