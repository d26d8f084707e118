// Translates the pages of a manual, a few at a time.
import { readFileSync, writeFileSync } from "node:fs";
import { map } from "agent-jobs";
import pLimit from "p-limit";
import { ask } from "./model.mjs";

const limit = pLimit(4);
const pages = JSON.parse(readFileSync("pages.json", "utf8"));

async function translate(page) {
  const text = await ask(`Into French, page ${page.id}:\n\n${page.text}`);
  return { id: page.id, text };
}

const translations = await map(pages, translate, { limit });

writeFileSync("pages.fr.json", JSON.stringify(translations, null, 1));
console.log(`${translations.length} pages translated`);
