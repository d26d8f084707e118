/** A chart as plain data: where things are in parts of an axis, and every word that is shown of it. */
export interface Chart {
  id: "throughput" | "latency" | "eta" | "tokens" | "cost";
  title: string;
  /** What the whole shows, in words: for readers that draw nothing, and below the title for all. */
  summary: string;
  /** Why there is nothing to draw, empty where another chart says so already; null where there is. */
  empty: string | null;
  /** Bars stand on each other; a band lies between two values; an area is below one. */
  kind: "bars" | "band" | "area";
  series: Series[];
  /** Left to right. Between two of them nothing ran. */
  segments: Segment[];
  /** The value at the top, and ticks from zero. */
  most: number;
  ticks: { value: number; text: string }[];
  points: ChartPoint[];
  /** A line across: what must not be passed. */
  limit: { value: number; text: string } | null;
  marks: { at: number; text: string }[];
  /** Heads of the table that says the same. */
  columns: string[];
}

export interface Series {
  name: string;
  look: "main" | "calm" | "money" | "bad";
}

export interface Segment {
  /** Its share of the room, in any unit. */
  weight: number;
  /** How long nothing ran before it; null of the first. */
  gap: string | null;
  /** The day, where it is not the one of the segment before. */
  day: string | null;
  ticks: { at: number; text: string }[];
}

export interface ChartPoint {
  segment: number;
  /** In parts of the segment. */
  from: number;
  to: number;
  /** By series. */
  values: number[];
  /** Nothing joins it with the point before. */
  breaks?: boolean;
  /** What is told of it. */
  label: string;
  cells: string[];
}

export const emptyChart = (id: Chart["id"], title: string, empty: string): Chart => ({
  ...{ id, title, summary: "", empty, kind: "bars" as const, series: [], segments: [] },
  ...{ most: 1, ticks: [], points: [], limit: null, marks: [], columns: [] },
});
