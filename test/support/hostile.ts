import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/root.js";

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(root, "test/fixtures/hostile", name), "utf8"));

export interface PlantedKey {
  kind: string;
  key: string;
  /** An error's message with the key in it. */
  text: string;
}

const { keys, stay } = read("keys.json") as {
  keys: { kind: string; parts: string[]; in: string }[];
  stay: string[];
};

/** Keys of the shapes that services give; in the file in two parts, so that no scanner takes them for real ones. */
export const plantedKeys: PlantedKey[] = keys.map(({ kind, parts, in: around }) => ({
  kind,
  key: parts.join(""),
  text: around.replace("{}", () => parts.join("")),
}));

/** What a careless pattern would take for a key. */
export const textsThatStay: string[] = stay;

interface Strings {
  hostile: { kind: string; text: string }[];
  plain: string[];
}
/** Texts that would act on a terminal, turn the direction or hide; and texts of all scripts that do not. */
export const { hostile: hostileTexts, plain: plainTexts } = read("strings.json") as Strings;

/** Texts that an editor would render as more than text. */
export const markupTexts = read("markup.json") as string[];

const invisible =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;

/** What of a text a person would not see, or a terminal would obey; undefined where there is nothing. */
export function unseen(text: string): string | undefined {
  return invisible.exec(text)?.[0];
}

/** Names that a job file may have on Linux; each stands before `.job.json` and `.job.js`. */
export const hostileNames = read("fileNames.json") as { name: string; why: string }[];
