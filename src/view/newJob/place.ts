import type { NewJobChoice } from "./choice.js";

/** Which store suits, and where, in lines for a comment. */
export function placeLines({ name, placeWarning }: NewJobChoice): string[] {
  return [
    `What is done is kept in checkpoints/${name}.jsonl beside this file. That suits one machine and a disk of its own:`,
    "keep it out of folders that are synced, shared over a network, or emptied; `checkpoint` names another place.",
    // Paths of mounts and folders stand in it: a line of theirs is not to end the comment.
    ...(placeWarning === null
      ? []
      : [`Here: ${placeWarning.replace(/\s+/g, " ").replaceAll("*/", "* /").replaceAll('"""', "'''")}`]),
  ];
}
