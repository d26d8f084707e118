import type { Chart } from "../../../view/dashboard/chart.js";
import type { ShowMessage } from "../protocol.js";
import { actionsView } from "./actions.js";
import { ChartView } from "./chartView.js";
import { afterPaint, element, liveRegion } from "./dom.js";
import { FailuresView } from "./failures.js";
import { headView } from "./head.js";
import { keep, post, state, words } from "./state.js";

const freshMs = 2_000;
const chartIds: readonly Chart["id"][] = ["throughput", "latency", "eta", "cost", "tokens"];

const charts = new Map(chartIds.map((id) => [id, new ChartView(id)]));
const failures = new FailuresView();
const actions = actionsView();
const head = headView(actions.root, { failures: () => failures.reveal() });
const reading = element("p", { class: "reading", role: "status" }, words.loading);
document.body.append(
  element(
    "main",
    {},
    head.root,
    reading,
    element("div", { class: "charts" }, ...[...charts.values()].map(({ root }) => root)),
    failures.root,
  ),
  liveRegion(),
);

function show(data: ShowMessage): void {
  // Before all that is put off until then, too.
  afterPaint(() => post({ type: "painted", atMs: Date.now() }));
  if (data.head) head.show(data.head);
  if (data.actions) actions.show(data.actions);
  if (data.charts?.length === 0) for (const { root } of charts.values()) root.hidden = true;
  for (const chart of data.charts ?? []) charts.get(chart.id)?.show(chart);
  if (data.failures) failures.show(data.failures);
  if (data.reading !== undefined) {
    reading.textContent = data.reading;
    reading.hidden = data.reading === "";
  }
  scrollBack();
}

// A page that is shown again is made anew: it is scrolled to where it was once there is enough of it, unless a person scrolls.
let wantedY = state.scrollY;
for (const event of ["wheel", "pointerdown", "keydown"])
  addEventListener(event, () => (wantedY = 0), { capture: true, passive: true });
addEventListener("scroll", () => wantedY === 0 && keep({ scrollY: Math.round(scrollY) }), { passive: true });
function scrollBack(): void {
  if (wantedY === 0) return;
  scrollTo(0, wantedY);
  if (Math.abs(scrollY - wantedY) <= 1) wantedY = 0;
}

addEventListener("message", ({ data }: MessageEvent<ShowMessage>) => {
  if (data?.type === "show") show(data);
});

// A page that VS Code shows again is the same text: what it begins with may be of long ago.
const { first, firstMs } = document.body.dataset;
const knowsFirst = first !== undefined && Date.now() - Number(firstMs) < freshMs;
if (knowsFirst) show(JSON.parse(first) as ShowMessage);
post({ type: "ready", query: state.query, knowsFirst });
