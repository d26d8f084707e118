import type { Chart } from "../../../view/dashboard/chart.js";
import { element, say, svg } from "./dom.js";
import { draw, type Layout, layoutOf, middleOf } from "./drawing.js";
import { keep, state, words } from "./state.js";

const tipMargin = 8;
const pageKeys = 10;

/** A chart with its words, its values under the pointer and the arrow keys, and a table that says the same. */
export class ChartView {
  readonly root: HTMLElement;
  private chart: Chart | undefined;
  private layout: Layout | undefined;
  private at: number | undefined;
  private drawnWidth = 0;
  private readonly title = element("h2");
  private readonly summary = element("p");
  private readonly legend = element("ul", { class: "legend" });
  private readonly told = element("div", { class: "told" }, this.summary, this.legend);
  private readonly plot = element("div", { class: "plot" });
  private readonly picture = element("div", { class: "picture" });
  private readonly tip = element("div", { class: "tip", hidden: true });
  private readonly cursor = svg("svg", { class: "cursor", "aria-hidden": "true" });
  private readonly empty = element("p", { class: "empty" });
  private readonly toggle = element("button", { class: "quiet", type: "button" });
  private readonly table = element("div", { class: "values", tabindex: 0, role: "region" });

  constructor(readonly id: Chart["id"]) {
    this.root = element(
      "section",
      { class: `card chart chart-${id}`, hidden: true },
      element("div", { class: "cardhead" }, this.title, this.toggle),
      this.told,
      this.plot,
      this.empty,
      this.table,
    );
    this.title.id = `title-${id}`;
    this.table.id = `table-${id}`;
    this.root.setAttribute("aria-labelledby", this.title.id);
    this.table.setAttribute("aria-labelledby", this.title.id);
    this.toggle.setAttribute("aria-controls", this.table.id);
    this.plot.append(this.picture, this.cursor, this.tip);
    this.plot.tabIndex = 0;
    this.plot.setAttribute("role", "application");
    this.plot.setAttribute("aria-roledescription", words.chart);
    this.plot.addEventListener("pointermove", (event) => this.point(event));
    this.plot.addEventListener("pointerleave", () => this.go(undefined));
    this.plot.addEventListener("keydown", (event) => this.press(event));
    this.plot.addEventListener("blur", () => this.go(undefined));
    this.toggle.addEventListener("click", () => this.toggleTable());
    new ResizeObserver(() => {
      if (this.plot.clientWidth !== this.drawnWidth) this.redraw();
    }).observe(this.plot);
  }

  show(chart: Chart): void {
    this.chart = chart;
    const { title, summary, empty } = chart;
    this.root.hidden = empty === "";
    this.root.classList.toggle("isempty", empty !== null);
    this.title.textContent = title;
    this.summary.textContent = summary;
    this.empty.textContent = empty ?? "";
    for (const part of [this.told, this.plot, this.toggle]) part.hidden = empty !== null;
    this.empty.hidden = empty === null;
    this.legend.hidden = chart.series.length < 2;
    this.legend.replaceChildren(
      ...chart.series.map(({ name, look }) =>
        element("li", {}, element("span", { class: `swatch swatch-${look}`, "aria-hidden": "true" }), name),
      ),
    );
    this.plot.setAttribute("aria-label", `${title}: ${summary}. ${words.chartHelp}`);
    this.redraw();
    this.showTable();
  }

  private redraw(): void {
    const { chart } = this;
    this.drawnWidth = this.plot.clientWidth;
    if (!chart || chart.empty !== null || this.drawnWidth === 0) return;
    this.layout = layoutOf(chart, this.drawnWidth);
    this.picture.replaceChildren(draw(chart, this.layout));
    this.cursor.setAttribute("width", String(this.drawnWidth));
    this.cursor.setAttribute("height", String(this.layout.height));
    if (this.at !== undefined) this.go(Math.min(this.at, chart.points.length - 1));
  }

  private point(event: PointerEvent): void {
    const { chart, layout } = this;
    if (!chart || !layout) return;
    const x = event.clientX - this.plot.getBoundingClientRect().left;
    let nearest = 0;
    const distance = (i: number) => Math.abs(middleOf(chart.points[i]!, layout) - x);
    for (let i = 1; i < chart.points.length; i++) if (distance(i) < distance(nearest)) nearest = i;
    this.go(nearest);
  }

  private press(event: KeyboardEvent): void {
    const { chart } = this;
    if (!chart || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = chart.points.length - 1;
    const from = this.at ?? (event.key === "ArrowLeft" ? last + 1 : -1);
    const places: Record<string, number | undefined> = {
      ...{ ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: last },
      ...{ PageDown: from + pageKeys, PageUp: from - pageKeys, Escape: undefined },
    };
    if (!(event.key in places)) return;
    event.preventDefault();
    const to = places[event.key];
    this.go(to === undefined ? undefined : Math.max(0, Math.min(last, to)));
    if (this.at !== undefined) say(chart.points[this.at]!.label);
  }

  /** Shows a point's value; of none where there is none. */
  private go(at: number | undefined): void {
    this.at = at;
    const { chart, layout } = this;
    const point = at === undefined ? undefined : chart?.points[at];
    this.tip.hidden = point === undefined;
    if (!point || !chart || !layout) return this.cursor.replaceChildren();
    const middle = middleOf(point, layout);
    const from = layout.x(point.segment, point.from);
    const to = layout.x(point.segment, point.to);
    const marks =
      chart.kind === "bars"
        ? [
            svg("rect", {
              ...{ class: "here", x: from, width: Math.max(2, to - from) },
              ...{ y: layout.top, height: layout.bottom - layout.top },
            }),
          ]
        : [
            svg("line", { class: "hereline", x1: middle, x2: middle, y1: layout.top, y2: layout.bottom }),
            ...point.values.map((value) =>
              svg("circle", {
                ...{ class: "heredot", r: 3.5, cy: layout.y(value) },
                cx: chart.kind === "area" ? to : middle,
              }),
            ),
          ];
    this.cursor.replaceChildren(...marks);
    this.tip.replaceChildren(...point.label.split(" · ").map((part) => element("span", {}, part)));
    const half = this.tip.offsetWidth / 2;
    const least = half + tipMargin;
    const most = Math.max(least, this.drawnWidth - half - tipMargin);
    this.tip.style.left = `${Math.min(most, Math.max(least, middle))}px`;
  }

  private toggleTable(): void {
    const shown = state.tables.includes(this.id);
    keep({ tables: shown ? state.tables.filter((id) => id !== this.id) : [...state.tables, this.id] });
    this.showTable();
  }

  private showTable(): void {
    const { chart } = this;
    const isShown = state.tables.includes(this.id) && chart !== undefined && chart.empty === null;
    this.toggle.textContent = isShown ? words.noTable : words.table;
    this.toggle.setAttribute("aria-expanded", String(isShown));
    this.toggle.setAttribute("aria-label", `${isShown ? words.noTable : words.table}: ${chart?.title ?? ""}`);
    this.table.hidden = !isShown;
    if (!isShown || !chart) return this.table.replaceChildren();
    const scrolled = this.table.scrollTop;
    const [first = "", ...others] = chart.columns;
    this.table.replaceChildren(
      element(
        "table",
        {},
        element("caption", { class: "unseen" }, `${words.chartTable}: ${chart.title}`),
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            element("th", { scope: "col" }, first),
            ...others.map((name) => element("th", { scope: "col", class: "number" }, name)),
          ),
        ),
        element(
          "tbody",
          {},
          ...chart.points.map(({ cells: [name = "", ...values] }) =>
            element(
              "tr",
              {},
              element("th", { scope: "row" }, name),
              ...values.map((value) => element("td", { class: "number" }, value)),
            ),
          ),
        ),
      ),
    );
    this.table.scrollTop = scrolled;
  }
}
