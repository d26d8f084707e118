import type { Chart, ChartPoint } from "../../../view/dashboard/chart.js";
import { svg } from "./dom.js";

const height = 196;
const top = 18;
const right = 10;
/** A digit's width in the axes' type. */
const charWidth = 6.4;
const gapWidth = 28;
const minTickRoom = 14;

/** Where things of a chart are, in pixels. */
export interface Layout {
  width: number;
  height: number;
  left: number;
  top: number;
  bottom: number;
  segments: { left: number; width: number }[];
  x: (segment: number, at: number) => number;
  y: (value: number) => number;
}

export function layoutOf(chart: Chart, width: number): Layout {
  const left = Math.ceil(Math.max(...chart.ticks.map(({ text }) => text.length)) * charWidth) + 14;
  const bottom = height - (chart.segments.some(({ day }) => day !== null) ? 38 : 24);
  const inner = Math.max(40, width - left - right);
  const gaps = chart.segments.length - 1;
  const gap = gaps === 0 ? 0 : Math.min(gapWidth, (inner * 0.4) / gaps);
  const weights = chart.segments.reduce((sum, { weight }) => sum + weight, 0);
  let at = left;
  const segments = chart.segments.map(({ weight }) => {
    const segment = { left: at, width: (weight / weights) * (inner - gaps * gap) };
    at += segment.width + gap;
    return segment;
  });
  return {
    ...{ width, height, left, top, bottom, segments },
    x: (segment, part) => segments[segment]!.left + part * segments[segment]!.width,
    y: (value) => bottom - (value / chart.most) * (bottom - top),
  };
}

/** The middle of a point, where the pointer finds it. */
export const middleOf = ({ segment, from, to }: ChartPoint, { x }: Layout): number =>
  (x(segment, from) + x(segment, to)) / 2;

export function draw(chart: Chart, layout: Layout): SVGSVGElement {
  const { width } = layout;
  return svg(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", focusable: "false" },
    hatches(chart.id),
    ...gapsOf(chart, layout),
    ...gridOf(chart, layout),
    ...marksOf[chart.kind](chart, layout),
    svg("line", { class: "axis", x1: layout.left, x2: width - right, y1: layout.bottom, y2: layout.bottom }),
    ...limitOf(chart, layout),
    ...labelsOf(chart, layout),
  );
}

/** What tells the parts of a chart apart where colours do not. */
function hatches(id: string): SVGElement {
  const hatch = (name: string, path: string) =>
    svg(
      "pattern",
      { id: `${id}-${name}`, width: 6, height: 6, patternUnits: "userSpaceOnUse" },
      svg("rect", { class: `ground-${name}`, width: 6, height: 6 }),
      svg("path", { class: `lines-${name}`, d: path }),
    );
  return svg(
    "defs",
    {},
    hatch("bad", "M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2"),
    hatch("gap", "M-1,5 l2,2 M0,0 l6,6 M5,-1 l2,2"),
  );
}

function gapsOf({ id, segments }: Chart, layout: Layout): SVGElement[] {
  const { top: y, bottom } = layout;
  return segments.flatMap(({ gap }, i) => {
    if (gap === null) return [];
    const before = layout.segments[i - 1]!;
    const from = before.left + before.width;
    const to = layout.segments[i]!.left;
    const middle = (from + to) / 2;
    const text = svg(
      "text",
      {
        ...{ class: "gaptext", x: middle, y: (y + bottom) / 2, "text-anchor": "middle" },
        ...{ "dominant-baseline": "central", transform: `rotate(-90 ${middle} ${(y + bottom) / 2})` },
      },
      gap,
    );
    const place = { x: from + 3, y, width: Math.max(1, to - from - 6), height: bottom - y };
    return [
      svg("rect", { class: "gap", fill: `url(#${id}-gap)`, ...place }),
      ...(to - from >= minTickRoom ? [text] : []),
    ];
  });
}

function gridOf({ ticks }: Chart, { left, width, y }: Layout): SVGElement[] {
  return ticks.flatMap(({ value, text }) => [
    ...(value === 0
      ? []
      : [svg("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) })]),
    svg("text", { x: left - 8, y: y(value), "text-anchor": "end", "dominant-baseline": "central" }, text),
  ]);
}

const fixed = (n: number): number => Math.round(n * 10) / 10;
/** What is there at all is seen. */
const minHeight = 1.5;

const marksOf: Record<Chart["kind"], (chart: Chart, layout: Layout) => SVGElement[]> = {
  bars({ id, points, series }, { x, y, bottom }) {
    return points.flatMap((point) => {
      const from = x(point.segment, point.from);
      const room = x(point.segment, point.to) - from;
      const space = room > 4 ? 1 : room * 0.2;
      let below = 0;
      return point.values.flatMap((value, i) => {
        if (value === 0) return [];
        const high = Math.max(minHeight, bottom - y(value));
        const place = { x: fixed(from + space / 2), width: fixed(Math.max(1, room - space)) };
        const base = bottom - below;
        below += high;
        const { look } = series[i]!;
        const fill = look === "bad" ? { fill: `url(#${id}-bad)` } : {};
        return svg("rect", {
          class: `mark-${look}`,
          ...place,
          y: fixed(base - high),
          height: fixed(high),
          ...fill,
        });
      });
    });
  },
  band({ points, series }, { x, y }) {
    return pieces(points).flatMap((piece) => {
      const along = (value: number) =>
        piece.map((point) => `${fixed(x(point.segment, point.from))},${fixed(y(point.values[value]!))}`);
      const { look } = series[0]!;
      return [
        svg("path", { class: `band-${look}`, d: `M${[...along(1), ...along(0).reverse()].join(" L")} Z` }),
        svg("path", { class: `line-${look}`, d: `M${along(0).join(" L")}` }),
        svg("path", { class: `line-${look} late`, d: `M${along(1).join(" L")}` }),
      ];
    });
  },
  area({ points, series }, { x, y, bottom }) {
    const { look } = series[0]!;
    let before = 0;
    const drawn = runsOf(points).flatMap((run) => {
      const start = `${fixed(x(run[0]!.segment, run[0]!.from))},${fixed(y(before))}`;
      const line = [start, ...run.map((p) => `${fixed(x(p.segment, p.to))},${fixed(y(p.values[0]!))}`)];
      before = run.at(-1)!.values[0]!;
      const from = fixed(x(run[0]!.segment, run[0]!.from));
      const to = fixed(x(run.at(-1)!.segment, run.at(-1)!.to));
      return [
        svg("path", {
          class: `area-${look}`,
          d: `M${from},${bottom} L${line.join(" L")} L${to},${bottom} Z`,
        }),
        svg("path", { class: `line-${look}`, d: `M${line.join(" L")}` }),
      ];
    });
    return drawn;
  },
};

/** Points that are joined. */
function pieces(points: readonly ChartPoint[]): ChartPoint[][] {
  const all: ChartPoint[][] = [];
  let before: ChartPoint | undefined;
  for (const point of points) {
    if (!before || point.breaks || point.segment !== before.segment) all.push([]);
    all.at(-1)!.push(point);
    before = point;
  }
  return all;
}

function runsOf(points: readonly ChartPoint[]): ChartPoint[][] {
  return pieces(points.map((point) => ({ ...point, breaks: false })));
}

function limitOf({ limit, most }: Chart, { left, width, y }: Layout): SVGElement[] {
  if (!limit || limit.value > most) return [];
  const at = y(limit.value);
  return [
    svg("line", { class: "limit", x1: left, x2: width - right, y1: at, y2: at }),
    svg("text", { class: "limittext", x: left + 6, y: at - 5 }, limit.text),
  ];
}

function labelsOf(chart: Chart, layout: Layout): SVGElement[] {
  const { x, bottom, width, top: y } = layout;
  const labels: SVGElement[] = [];
  let taken = Number.NEGATIVE_INFINITY;
  let takenDay = Number.NEGATIVE_INFINITY;
  for (const [i, { ticks, day }] of chart.segments.entries()) {
    for (const { at, text } of ticks) {
      const half = (text.length * charWidth) / 2;
      const middle = Math.max(half, Math.min(width - half, x(i, at)));
      if (middle - half < taken + 8) continue;
      taken = middle + half;
      labels.push(
        svg("line", { class: "axis", x1: x(i, at), x2: x(i, at), y1: bottom, y2: bottom + 4 }),
        svg("text", { x: middle, y: bottom + 17, "text-anchor": "middle" }, text),
      );
    }
    const from = x(i, 0);
    if (day === null || from < takenDay + 8 || from + day.length * charWidth > width) continue;
    takenDay = from + day.length * charWidth;
    labels.push(svg("text", { class: "day", x: from, y: bottom + 32 }, day));
  }
  let lastMark = Number.NEGATIVE_INFINITY;
  for (const { at, text } of chart.marks) {
    const middle = x(0, at);
    labels.push(svg("line", { class: "mark", x1: middle, x2: middle, y1: y - 4, y2: bottom }));
    if (middle < lastMark + text.length * charWidth + 6) continue;
    lastMark = middle;
    labels.push(svg("text", { class: "marktext", x: middle, y: y - 8, "text-anchor": "middle" }, text));
  }
  return labels;
}
