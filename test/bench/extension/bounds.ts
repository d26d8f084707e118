import type { ControlFigures, ExtensionFigures, Slice, StartFigures } from "./figures.js";

interface Row {
  name: string;
  value: number;
  bound: number;
  unit: string;
  note?: string;
}

const pair = (ours: number, control: number) => `${ours.toFixed(0)} against ${control.toFixed(0)}`;

const sorted = (figures: readonly number[]) => [...figures].sort((a, b) => a - b);
const median = (figures: readonly number[]) => sorted(figures)[Math.floor(figures.length / 2)]!;
const listed = (figures: readonly number[], digits = 0) =>
  figures.map((figure) => figure.toFixed(digits)).join(", ");

const wholeMs = ({ codeMs, collectionMs }: Slice) => codeMs + collectionMs;

/**
 * The longest slice of ours. Of a collection in the middle of it as much is VS Code's own as its longest takes without us: it goes
 * through one heap, by chance in our turn or in another's.
 */
function longestSlice(slices: readonly Slice[], controlMs: number): { ms: number; slice: Slice } {
  return slices
    .map((slice) => ({ slice, ms: slice.codeMs + Math.max(0, slice.collectionMs - controlMs) }))
    .reduce((a, b) => (b.ms > a.ms ? b : a), { ms: 0, slice: { codeMs: 0, collectionMs: 0, in: [] } });
}

/**
 * Each figure with what it may be at most.
 * @param starts of other windows
 */
export function rowsOf(
  ours: ExtensionFigures,
  control: ControlFigures,
  starts: readonly StartFigures[],
): Row[] {
  const { loop, cpu } = ours;
  const longest = longestSlice(loop.slices, control.loop.longestCollectionMs);
  const activations = [ours, ...starts].map(({ activateCpuMs }) => activateCpuMs);
  const percent = (share: number) => share * 100;
  return [
    {
      name: "activate",
      value: median(activations),
      bound: 20,
      unit: "ms",
      note: `of the thread, the median of ${activations.length} windows: ${listed(activations, 1)}; ${ours.activateMs.toFixed(1)} until it ended, other programs included`,
    },
    { name: "loaded before the first command", value: ours.loadedBytes / 1000, bound: 250, unit: "kB" },
    {
      name: "first tree after activation",
      value: ours.firstTreeMs,
      bound: 1_500,
      unit: "ms",
      note: `opened after ${ours.openedMs.toFixed(0)}, listed after ${ours.listedMs.toFixed(0)}, ${ours.jobs} jobs`,
    },
    {
      name: "longest slice of ours",
      value: longest.ms,
      bound: 50,
      unit: "ms",
      note: `${longest.slice.in.join(", ")}; collections beyond the control's longest of ${control.loop.longestCollectionMs.toFixed(0)}, with all of them ${Math.max(0, ...loop.slices.map(wholeMs)).toFixed(0)}`,
    },
    {
      name: "longest turn of the loop beyond the control's",
      value: Math.max(0, loop.longestCpuMs - control.loop.longestCpuMs),
      bound: 50,
      unit: "ms",
      note: `${pair(loop.longestCpuMs, control.loop.longestCpuMs)} of the thread, ${pair(loop.longestMs, control.loop.longestMs)} on the clock, its p99.9 ${pair(loop.p999Ms, control.loop.p999Ms)}`,
    },
    {
      name: "append to tree, 95th percentile",
      value: ours.delaysMs.p95,
      bound: 500,
      unit: "ms",
      note: `median ${ours.delaysMs.median.toFixed(0)}, longest ${ours.delaysMs.longest.toFixed(0)}, ${ours.delaysMs.count} records`,
    },
    {
      name: "dashboard of 100,000 items",
      value: median(ours.dashboard.contentMs),
      bound: 500,
      unit: "ms",
      note: `the median of opening it ${ours.dashboard.contentMs.length} times: ${listed(ours.dashboard.contentMs)}; the window's first page without anything in it took ${control.emptyPageMs.toFixed(0)}; all charts sent after ${ours.dashboard.drawnMs.toFixed(0)}`,
    },
    { name: "memory of an item beyond its id", value: ours.bytesPerItem, bound: 64, unit: "bytes" },
    {
      name: "of one core while ten jobs run",
      value: percent(Math.max(0, cpu.running - control.cpu.running)),
      bound: 10,
      unit: "%",
      note: `${percent(cpu.running).toFixed(1)} against ${percent(control.cpu.running).toFixed(1)}`,
    },
    {
      // What the system can measure: a host that does nothing takes some thousandths by itself.
      name: "of one core while nothing runs, view hidden",
      value: percent(Math.max(0, cpu.idle - control.cpu.idle)),
      bound: 0.5,
      unit: "%",
      note: `${percent(cpu.idle).toFixed(2)} against ${percent(control.cpu.idle).toFixed(2)}`,
    },
  ];
}

/** A row as it is printed. */
export function rowLine({ name, value, bound, unit, note }: Row): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const verdict = value <= bound ? "  " : "✗ ";
  return `${verdict}${name.padEnd(48)} ${value.toFixed(digits).padStart(8)} of ${bound} ${unit}${note ? `   (${note})` : ""}`;
}
