import { labelText } from "./text.js";

/** The folder that a job is in, where several are open. */
export interface JobFolder {
  name: string;
  /** A job of the same name is in another one. */
  isNeeded: boolean;
}

/**
 * A row's description with its folder: behind the figures, which count for more where there is no room, or before them
 * where only the folder tells one job from another.
 */
export function withFolder(description: string, folder: JobFolder | null): string {
  if (!folder) return description;
  const name = labelText(folder.name);
  return folder.isNeeded ? `${name} · ${description}` : `${description} · ${name}`;
}

/**
 * The folders of jobs, in the same order. Null for all of them where only one is open, and for a job outside.
 * @param openFolders how many are open
 */
export function jobFolders(
  jobs: readonly { name: string; folder: string | undefined }[],
  openFolders: number,
): (JobFolder | null)[] {
  const foldersOf = new Map<string, Set<string>>();
  for (const { name, folder } of jobs)
    foldersOf.set(name, (foldersOf.get(name) ?? new Set()).add(folder ?? ""));
  return jobs.map(({ name, folder }) =>
    openFolders < 2 || folder === undefined
      ? null
      : { name: folder, isNeeded: foldersOf.get(name)!.size > 1 },
  );
}
