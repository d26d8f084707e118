import { basename, dirname, relative, sep } from "node:path";
import { dirsOf, distinctions, type JobPlace } from "../view/distinctions.js";

/**
 * What tells apart jobs that are listed under the same title: where they lie, seen from here.
 * @returns a text a job, in the same order; empty where nothing else has its title
 */
export function tellApart(jobs: readonly { title: string; path: string }[]): string[] {
  const told = jobs.map(() => "");
  for (const title of new Set(jobs.map((job) => job.title))) {
    const same = [...jobs.entries()].filter(([, job]) => job.title === title);
    if (same.length < 2) continue;
    const texts = distinctions(same.map(([, { path }]) => placeOf(path)));
    for (const [i, [at]] of same.entries()) told[at] = texts[i]!;
  }
  return told;
}

function placeOf(path: string): JobPlace {
  const dirs = dirsOf(relative(process.cwd(), dirname(path)), sep);
  return { folder: "", dirs, file: basename(path) };
}
