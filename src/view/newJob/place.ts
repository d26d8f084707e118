import type { NewJobChoice } from "./choice.js";

/** Which store suits, and where, in lines for a comment. */
export function placeLines({ name, placeWarning }: NewJobChoice): string[] {
  return [
    `What is done is kept in checkpoints/${name}.jsonl beside this file, which suits one machine and its own disk.`,
    "Keep it out of folders that are synced, shared or emptied; `checkpoint` names another place.",
    ...(placeWarning === null ? [] : [`Here: ${asComment(placeWarning)}`]),
  ];
}

/** Paths of folders stand in it: nothing in it is to end a comment or one of Python's texts, or to be an escape there. */
function asComment(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("\\", "/").replaceAll("*/", "* /").replaceAll('"""', "'''");
}
