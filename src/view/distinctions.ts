/** Where a job lies. */
export interface JobPlace {
  /** Names the open folder, alone among those that are open. Empty outside of all. */
  folder: string;
  /** The folders from there to the job's file. */
  dirs: readonly string[];
  file: string;
}

/**
 * The folders that a path goes through which ends in a job's folder. That its checkpoint lies in one of its own tells nothing.
 * @param path relative to where it is shown, or absolute
 * @param separator of the system
 */
export function dirsOf(path: string, separator: string): string[] {
  const dirs = path.split(separator).filter((dir) => dir !== "");
  if (dirs.at(-1) === "checkpoints") dirs.pop();
  return dirs;
}

/**
 * What tells jobs of one name apart, in as few words as do it for all of them: their open folders, else their folders in
 * those, else their files. Empty for what lies at the top of the only folder.
 */
export function distinctions(places: readonly JobPlace[]): string[] {
  const folders = places.map(({ folder }) => folder);
  if (isDistinct(folders)) return folders;
  const isOfSeveral = new Set(folders).size > 1;
  const from = ({ folder, dirs }: JobPlace) => [...(isOfSeveral && folder ? [folder] : []), ...dirs];
  const paths = places.map((place) => from(place).join("/"));
  return isDistinct(paths) ? paths : places.map((place) => [...from(place), place.file].join("/"));
}

const isDistinct = (texts: readonly string[]): boolean => new Set(texts).size === texts.length;
