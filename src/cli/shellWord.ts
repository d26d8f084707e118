import { safeText } from "../runtime/safeText.js";

/**
 * A path as it can be pasted into a shell: bare where it is plain, else quoted. Nothing in a file's name is run,
 * and a leading dash is no option.
 */
export function shellWord(path: string): string {
  const word = path.startsWith("-") ? `./${path}` : path;
  if (/^[\w./@%+=:,\\-]+$/.test(word) && !(process.platform !== "win32" && word.includes("\\"))) return word;
  // Control characters cannot be pasted: what is shown then names the file, and is not to be run.
  if (process.platform === "win32") return `"${safeText(word)}"`;
  return `'${safeText(word).replaceAll("'", String.raw`'\''`)}'`;
}
