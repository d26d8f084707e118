import { relative, resolve, sep } from "node:path";

/** A path or glob given relative to the working directory, as it reads from the job file's folder. */
export function fromJobFolder(source: string, folder: string): string {
  return relative(folder, resolve(source)).replaceAll(sep, "/") || ".";
}
