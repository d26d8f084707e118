import * as nativePaths from "node:path";

/**
 * The path that the content of a file names, be it a job file, a header or a note; undefined where merely to look there
 * could sign in at another machine, as Windows does at any share: whoever wrote the file would choose which. The share
 * that the folder itself lies on is known to the person who opened it.
 * @param folder absolute; what the path is relative to
 * @param paths of which system, for tests
 */
export function namedPlace(
  folder: string,
  named: string,
  paths: nativePaths.PlatformPath = nativePaths,
): string | undefined {
  const place = paths.resolve(folder, named);
  if (!/^[\\/]{2}/.test(named)) return place;
  const rootOf = (path: string) => paths.parse(path).root.toLowerCase();
  // \\?\ and \\.\ are no machines, but lead to any, and to devices.
  return /^\\\\[^\\?.]/.test(rootOf(place)) && rootOf(place) === rootOf(folder) ? place : undefined;
}
