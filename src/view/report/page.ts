import type { UsageTotals } from "../../runtime/state/jobState.js";
import { faultReason } from "../faultText.js";
import type { JobLook } from "../jobRow.js";
import { countText, durationText, percentText, plural, rangeText, timeText, usdText } from "../text.js";
import { durationChart, meanRate, rateText, throughputChart, tookText } from "./charts.js";
import { Html, html } from "./html.js";
import type { ReportCause, ReportData, ReportRun } from "./reportData.js";
import { reportStyle } from "./style.js";
import { histogramOf, percentile } from "./throughput.js";

/** By this a page of ours is known, so that no other file is overwritten by one. */
export const reportMark = '<meta name="generator" content="Agent Jobs report">';

const looks: Record<JobLook, [words: string, tone: string]> = {
  running: ["running", "live"],
  stalled: ["stalled", "warn"],
  stopped: ["stopped", "warn"],
  finished: ["finished", "good"],
  "finished-with-failures": ["finished with failures", "bad"],
  damaged: ["damaged", "warn"],
  unreadable: ["unreadable", "bad"],
  new: ["not run yet", "soft"],
};

/**
 * One page that says how a job went, to be given away: whole in itself, without scripts, and it loads nothing. The
 * same data gives the same page.
 */
export function reportPage(data: ReportData): string {
  const title = data.label === null ? data.name : `${data.name} @ ${data.label}`;
  const [words, tone] = looks[data.look];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
${raw(reportMark)}
<title>${title} – report</title>
<style>${raw(reportStyle)}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
<p><span class="state ${tone}">${words}</span> <span class="soft">as of ${timeText(data.madeAtMs, "UTC")} UTC</span></p>
</header>
${data.error === null ? sections(data) : html`<p class="bad">${data.error}</p>`}
<footer>${footer(data)}</footer>
</main>
</body>
</html>
`;
  return page.text;
}

/** What is ours and no foreign text is in. */
const raw = (text: string): Html => new Html(text);

function sections(data: ReportData): Html {
  return html`${summary(data)}${times(data)}${runs(data)}${costs(data)}${failures(data)}${stages(data)}${damage(data)}${results(data)}`;
}

interface Fact {
  name: string;
  value: string;
  more?: string | undefined;
}

const facts = (list: readonly (Fact | false | null)[]): Html =>
  html`<dl>${list.map((fact) => fact && html`<div><dt>${fact.name}</dt><dd>${fact.value}${fact.more !== undefined && html`<small>${fact.more}</small>`}</dd></div>`)}</dl>`;

function summary({ counts, eta, activeMs, usage, runs, moreRuns }: ReportData): Html {
  const { total, done, failed, inDoubt, inFlight, gone } = counts;
  const share =
    total === null || total === 0 ? undefined : `${percentText(done, total)} of ${countText(total)}`;
  const ranMs = runs.length > 0 && activeMs > 0;
  return html`${total !== null && total > 0 && html`<progress max="${total}" value="${Math.min(done, total)}" aria-label="Items done">${percentText(done, total)}</progress>`}
${facts([
  { name: "Done", value: countText(done), more: share },
  { name: "Failed", value: countText(failed) },
  inDoubt > 0 && { name: "In doubt", value: countText(inDoubt), more: "begun, and not recorded as finished" },
  inFlight > 0 && { name: "In flight", value: countText(inFlight) },
  total !== null && { name: "Left", value: countText(Math.max(0, total - done - failed - inDoubt)) },
  gone > 0 && { name: "Gone", value: countText(gone), more: "done, and no longer in the input" },
  usage.usd !== null && { name: "Cost", value: usdText(usage.usd) },
  ranMs && {
    name: "Time running",
    value: durationText(activeMs),
    more: plural(runs.length + moreRuns, "run"),
  },
  eta && { name: "Time left", value: rangeText(eta).replace(/ left$/, "") },
])}`;
}

function times({ spans, durations }: ReportData): Html | null {
  const over = throughputChart(spans);
  const took = durationChart(histogramOf(durations), durations);
  if (!over && durations.length === 0) return null;
  const rate = meanRate(spans);
  const at = (share: number) => tookText(percentile(durations, share)!);
  return html`<section><h2>Throughput and time</h2>
${facts([
  rate !== null && { name: "Items done", value: rateText(rate), more: "on average while it ran" },
  ...(durations.length > 0
    ? [
        { name: "Half took at most", value: at(0.5) },
        { name: "90% at most", value: at(0.9) },
        { name: "99% at most", value: at(0.99) },
        { name: "The slowest", value: at(1) },
      ]
    : []),
])}
${over && html`<h3>Items done over time</h3>${over}`}
${took && html`<h3>Time an item took</h3>${took}`}
</section>`;
}

function runs({ runs, moreRuns }: ReportData): Html | null {
  if (runs.length === 0) return null;
  return html`<section><h2>Runs</h2>
<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col" class="n">Run</th><th scope="col">Began (UTC)</th><th scope="col">Ended (UTC)</th><th scope="col" class="n">Took</th><th scope="col" class="n">Done</th><th scope="col" class="n">Failed attempts</th><th scope="col" class="n">Cost</th><th scope="col">How it ended</th></tr></thead>
<tbody>${runs.map(runRow)}</tbody>
</table></div>
${moreRuns > 0 && html`<p class="soft">And ${plural(moreRuns, "earlier run")}.</p>`}
</section>`;
}

function runRow(run: ReportRun): Html {
  const { endedAtMs, startedAtMs, isLastSign, isLive } = run;
  const ended = isLive ? "–" : endedAtMs === null ? "unknown" : timeText(endedAtMs, "UTC");
  const took = endedAtMs === null ? "–" : durationText(Math.max(0, endedAtMs - startedAtMs));
  return html`<tr><th scope="row" class="n">${run.run}</th><td class="t">${timeText(startedAtMs, "UTC")}</td><td class="t">${isLastSign && html`<span class="soft">last sign </span>`}${ended}</td><td class="n">${took}</td><td class="n">${countText(run.done)}</td><td class="n">${countText(run.failed)}</td><td class="n">${run.usage.usd === null ? "–" : usdText(run.usage.usd)}</td><td class="wide">${sentence(run.ending)}</td></tr>
`;
}

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

function costs({ usage, doneUsage, models, counts }: ReportData): Html | null {
  const rows: [string, (usage: UsageTotals) => string | null][] = [
    ["Tokens in", ({ inputTokens }) => (inputTokens === null ? null : countText(inputTokens))],
    [
      "… of them read from a cache",
      ({ cachedTokens }) => (cachedTokens === null ? null : countText(cachedTokens)),
    ],
    [
      "… of them written to a cache",
      ({ cacheWriteTokens }) => (cacheWriteTokens === null ? null : countText(cacheWriteTokens)),
    ],
    ["Tokens out", ({ outputTokens }) => (outputTokens === null ? null : countText(outputTokens))],
    ["Requests", ({ requests }) => (requests === null ? null : countText(requests))],
    ["Cost", ({ usd }) => (usd === null ? null : usdText(usd))],
  ];
  const known = rows.filter(([, of]) => of(usage) !== null);
  if (known.length === 0 && models.length === 0) return null;
  const perItem = doneUsage.usd !== null && counts.done > 0 ? usdText(doneUsage.usd / counts.done) : null;
  return html`<section><h2>Cost and tokens</h2>
${
  known.length > 0 &&
  html`<div class="scroll" tabindex="0"><table>
<thead><tr><td></td><th scope="col" class="n">All attempts</th><th scope="col" class="n">Done items alone</th></tr></thead>
<tbody>${known.map(([name, of]) => html`<tr><th scope="row">${name}</th><td class="n">${of(usage)}</td><td class="n">${of(doneUsage) ?? "–"}</td></tr>`)}</tbody>
</table></div>`
}
${perItem !== null && html`<p>A done item cost ${perItem} on average.</p>`}
${models.length > 0 && html`<p>${models.length === 1 ? "Model" : "Models"}: ${models.map(({ name, attempts }, i) => html`${i > 0 && ", "}${name}${attempts > 0 && html` <span class="soft">(${plural(attempts, "attempt")})</span>`}`)}</p>`}
</section>`;
}

function failures({ causes, moreCauses, counts, ids }: ReportData): Html | null {
  if (counts.failed === 0) return null;
  return html`<section><h2>Failures by cause</h2>
${causes.map((cause) => causeTable(cause, ids))}
${moreCauses > 0 && html`<p class="soft">And ${plural(moreCauses, "more cause")}.</p>`}
</section>`;
}

function causeTable({ cause, items, messages, moreMessages, ids }: ReportCause, withIds: boolean): Html {
  return html`<h3>${cause}: ${plural(items, "item")}</h3>
<table class="messages">
<thead><tr><th scope="col" class="n">Items</th><th scope="col">Message</th></tr></thead>
<tbody>${messages.map(({ text, items }) => html`<tr><td class="n">${countText(items)}</td><td class="wide">${text === "" ? html`<span class="soft">(none)</span>` : text}</td></tr>`)}</tbody>
</table>
${moreMessages > 0 && html`<p class="soft">And ${plural(moreMessages, "more message")}.</p>`}
${withIds && html`<p>Items: ${ids.join(", ")}${items > ids.length && html` <span class="soft">and ${countText(items - ids.length)} more</span>`}</p>`}`;
}

function stages({ stages }: ReportData): Html | null {
  if (stages.length === 0) return null;
  return html`<section><h2>Stages</h2>
<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">Stage</th><th scope="col" class="n">Items that finished it</th></tr></thead>
<tbody>${stages.map(({ name, done }) => html`<tr><th scope="row">${name}</th><td class="n">${countText(done)}</td></tr>`)}</tbody>
</table></div></section>`;
}

function damage({ damage, moreDamage, residue, tornTail }: ReportData): Html | null {
  if (damage.length === 0 && moreDamage === 0 && residue === 0 && !tornTail) return null;
  const lines = damage.map(
    ({ reason, lines }) =>
      html`<tr><th scope="row">${faultReason({ reason })}</th><td class="n">${countText(lines)}</td></tr>`,
  );
  return html`<section><h2>State of the checkpoint</h2>
${
  lines.length > 0 &&
  html`<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">Damage</th><th scope="col" class="n">Lines</th></tr></thead>
<tbody>${lines}</tbody>
</table></div>`
}
${moreDamage > 0 && html`<p class="soft">And ${plural(moreDamage, "more damaged line")}.</p>`}
${(damage.length > 0 || moreDamage > 0) && html`<p>Items in damaged lines do not count as done here; a repair may save some of them.</p>`}
${residue > 0 && html`<p>${plural(residue, "line")} left by crashes that were survived. Nothing finished was lost.</p>`}
${tornTail && html`<p>The last record was cut short while it was written. Nothing finished was lost.</p>`}
</section>`;
}

function results({ results, counts, ids }: ReportData): Html | null {
  if (results === null) return null;
  const more = counts.done + counts.gone - results.length;
  return html`<section><h2>Results</h2>
${
  results.length === 0
    ? html`<p>None yet.</p>`
    : html`<table class="results">
<thead><tr><th scope="col">${ids ? "Item" : "No."}</th><th scope="col">Result</th></tr></thead>
<tbody>${results.map(
        (
          { id, result },
          i,
        ) => html`<tr><th scope="row">${ids ? id : countText(i + 1)}</th><td><pre>${lines(result)}</pre></td></tr>
`,
      )}</tbody>
</table>`
}
${more > 0 && html`<p class="soft">And ${plural(more, "more result")}, not shown here.</p>`}
</section>`;
}

/** The lines of a text stay lines; all else that cannot be seen is made visible. */
const lines = (text: string): Html[] => text.split("\n").map((line, i) => html`${i > 0 && raw("\n")}${line}`);

function footer({ format, ids, results }: ReportData): Html {
  const without = [...(results === null ? ["results"] : []), "inputs", ...(ids ? [] : ["item ids"])];
  const left = [without.slice(0, -1).join(", "), without.at(-1)].filter((text) => text !== "").join(" and ");
  return html`Made by Agent Jobs${format !== "agent-jobs" && format !== "empty" && html` of a file in the ${format} format`}. Keys and passwords are taken out; ${left} are left out${!ids && ", and addresses and paths in messages"}. All times are UTC.`;
}
