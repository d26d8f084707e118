import type { Profiler } from "node:inspector/promises";
import type { LoopFigures, Slice } from "./figures.js";

/** Shorter times between two turns of the loop are in nobody's way. */
const shortestUs = 5_000;
const namesShown = 3;

/** A turn of the event loop: when it was, and what its thread had taken of a processor by then. */
export interface Turn {
  atUs: number;
  cpuUs: number;
}

interface Sampled {
  fromUs: number;
  toUs: number;
  /** The function that ran. */
  place: string;
  /** Whether it was called by code of ours; undefined for the garbage collector, which nobody calls. */
  isOurs: boolean | undefined;
}

/** The samples of a profile in order. */
function samplesOf(
  { nodes, samples = [], timeDeltas = [], startTime }: Profiler.Profile,
  root: string,
): Sampled[] {
  const parents = new Map<number, number>();
  for (const { id, children } of nodes) for (const child of children ?? []) parents.set(child, id);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const known = new Map<number, boolean>();
  const isOurs = (id: number): boolean => {
    let answer = known.get(id);
    if (answer === undefined) {
      const node = byId.get(id);
      const parent = parents.get(id);
      const isOwn = node?.callFrame.url.includes(`${root}/dist/extension`) ?? false;
      answer = isOwn || (parent !== undefined && isOurs(parent));
      known.set(id, answer);
    }
    return answer;
  };
  let atUs = startTime;
  return samples.map((id, i) => {
    const fromUs = atUs + (timeDeltas[i] ?? 0);
    atUs = fromUs;
    const { functionName = "", url = "", lineNumber = 0 } = byId.get(id)?.callFrame ?? {};
    const place = functionName || `${url.slice(url.lastIndexOf("/") + 1)}:${lineNumber}`;
    const isCollector = functionName === "(garbage collector)";
    const toUs = fromUs + (timeDeltas[i + 1] ?? 0);
    return { fromUs, toUs, place, isOurs: isCollector ? undefined : isOurs(id) };
  });
}

/**
 * Whose each sample of a turn is. A collection of garbage is of whose code it came in the middle of; one that is a turn by itself is V8's own,
 * and comes without our code as well: what it takes is in the comparison with the control.
 */
function oursIn(turn: readonly Sampled[]): Sampled[] {
  const callers = turn.filter(({ isOurs }) => isOurs !== undefined);
  const isOurs = (sample: Sampled) =>
    sample.isOurs ??
    (callers.findLast(({ fromUs }) => fromUs < sample.fromUs) ?? callers[0])?.isOurs ??
    false;
  return turn.filter(isOurs);
}

interface Gap {
  fromUs: number;
  toUs: number;
  cpuUs: number;
}

/** What samples took of a time between two turns, without what the thread waited for a processor. */
function sliceOf(samples: readonly Sampled[], gap: Gap): Slice {
  const names = new Map<string, number>();
  let [codeUs, collectionUs] = [0, 0];
  for (const { fromUs, toUs, place, isOurs } of samples) {
    const us = Math.min(toUs, gap.toUs) - Math.max(fromUs, gap.fromUs);
    if (isOurs === undefined) collectionUs += us;
    else codeUs += us;
    names.set(place, (names.get(place) ?? 0) + us);
  }
  const share = Math.min(1, gap.cpuUs / (gap.toUs - gap.fromUs)) / 1000;
  return {
    ...{ codeMs: codeUs * share, collectionMs: collectionUs * share },
    in: [...names]
      .sort((a, b) => b[1] - a[1])
      .slice(0, namesShown)
      .map(([name, us]) => `${name} ${(us / 1000).toFixed(0)}`),
  };
}

/**
 * What kept an event loop from turning.
 * @param root the folder whose `dist/extension…` is ours
 */
export function loopFigures(turns: readonly Turn[], profile: Profiler.Profile, root: string): LoopFigures {
  const samples = samplesOf(profile, root);
  const gaps = turns.slice(1).map((turn, i): Gap => {
    const before = turns[i]!;
    return { fromUs: before.atUs, toUs: turn.atUs, cpuUs: turn.cpuUs - before.cpuUs };
  });
  const lengths = gaps.map(({ fromUs, toUs }) => toUs - fromUs).sort((a, b) => a - b);
  const slices: Slice[] = [];
  let longestCollectionMs = 0;
  let next = 0;
  for (const gap of gaps.filter(({ cpuUs }) => cpuUs >= shortestUs)) {
    while (next < samples.length && samples[next]!.toUs <= gap.fromUs) next++;
    let end = next;
    while (end < samples.length && samples[end]!.fromUs < gap.toUs) end++;
    const turn = samples.slice(next, end);
    const all = sliceOf(turn, gap);
    longestCollectionMs = Math.max(longestCollectionMs, all.collectionMs);
    const ours = sliceOf(oursIn(turn), gap);
    if (ours.codeMs + ours.collectionMs >= shortestUs / 1000) slices.push(ours);
  }
  return {
    longestCpuMs: gaps.reduce((longest, { cpuUs }) => Math.max(longest, cpuUs), 0) / 1000,
    longestMs: (lengths.at(-1) ?? 0) / 1000,
    p999Ms: (lengths[Math.floor(lengths.length * 0.999)] ?? 0) / 1000,
    ...{ slices, longestCollectionMs },
  };
}
