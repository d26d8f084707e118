import type { UsageTotals } from "../../runtime/state/jobState.js";
import { faultReason } from "../faultText.js";
import type { ShownLook } from "../jobRow.js";
import { language, t } from "../l10n.js";
import {
  bothText,
  counted,
  countText,
  durationText,
  percentText,
  plural,
  spanText,
  timeText,
  usdText,
} from "../text.js";
import { durationChart, meanRate, rateText, throughputChart, tookText } from "./charts.js";
import { Html, html } from "./html.js";
import type { ReportCause, ReportData, ReportRun } from "./reportData.js";
import { reportStyle } from "./style.js";
import { histogramOf, percentile } from "./throughput.js";

/** By this a page of ours is known, so that no other file is overwritten by one. */
export const reportMark = '<meta name="generator" content="Agent Jobs report">';

const tones: Record<ShownLook, string> = {
  running: "live",
  stalled: "warn",
  stopped: "warn",
  finished: "good",
  "finished-with-failures": "bad",
  damaged: "warn",
  unreadable: "bad",
  new: "soft",
  read: "soft",
};

/**
 * One page that says how a job went, to be given away: whole in itself, without scripts, and it loads nothing. The
 * same data gives the same page.
 */
export function reportPage(data: ReportData): string {
  const title = data.label === null ? data.name : `${data.name} @ ${data.label}`;
  const page = html`<!doctype html>
<html lang="${language()}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
${raw(reportMark)}
<title>${t("{0} – report", title)}</title>
<style>${raw(reportStyle)}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
<p><span class="state ${tones[data.look]}">${data.standing}</span> <span class="soft">${t("as of {0} UTC", timeText(data.madeAtMs, "UTC"))}</span></p>
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
    total === null || total === 0 ? undefined : t("{0} of {1}", percentText(done, total), countText(total));
  const ranMs = runs.length > 0 && activeMs > 0;
  return html`${total !== null && total > 0 && html`<progress max="${total}" value="${Math.min(done, total)}" aria-label="${t("Items done")}">${percentText(done, total)}</progress>`}
${facts([
  { name: t("Done"), value: countText(done), more: share },
  { name: t("Failed"), value: countText(failed) },
  inDoubt > 0 && {
    name: t("In doubt"),
    value: countText(inDoubt),
    more: t("begun, and not recorded as finished"),
  },
  inFlight > 0 && { name: t("In flight"), value: countText(inFlight) },
  total !== null && { name: t("Left"), value: countText(Math.max(0, total - done - failed - inDoubt)) },
  gone > 0 && { name: t("Gone"), value: countText(gone), more: t("done, and no longer in the input") },
  usage.usd !== null && { name: t("Cost"), value: usdText(usage.usd) },
  ranMs && {
    name: t("Time running"),
    value: durationText(activeMs),
    more: plural(runs.length + moreRuns, "run"),
  },
  eta && { name: t("Time left"), value: spanText(eta) },
])}`;
}

function times({ spans, untimed, durations }: ReportData): Html | null {
  const over = throughputChart(spans, untimed);
  const took = durationChart(histogramOf(durations), durations);
  if (!over && durations.length === 0) return null;
  const rate = meanRate(spans);
  const at = (share: number) => tookText(percentile(durations, share)!);
  return html`<section><h2>${t("Throughput and time")}</h2>
${facts([
  rate !== null && { name: t("Items done"), value: rateText(rate), more: t("on average while it ran") },
  ...(durations.length > 0
    ? [
        { name: t("Half took at most"), value: at(0.5) },
        { name: t("90% at most"), value: at(0.9) },
        { name: t("99% at most"), value: at(0.99) },
        { name: t("The slowest"), value: at(1) },
      ]
    : []),
])}
${over && html`<h3>${t("Items done over time")}</h3>${over}`}
${took && html`<h3>${t("Time an item took")}</h3>${took}`}
</section>`;
}

function runs({ runs, moreRuns }: ReportData): Html | null {
  if (runs.length === 0) return null;
  return html`<section><h2>${t("Runs")}</h2>
<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col" class="n">${t("Run")}</th><th scope="col">${t("Began (UTC)")}</th><th scope="col">${t("Ended (UTC)")}</th><th scope="col" class="n">${t("Took")}</th><th scope="col" class="n">${t("Done")}</th><th scope="col" class="n">${t("Failed attempts")}</th><th scope="col" class="n">${t("Cost")}</th><th scope="col">${t("How it ended")}</th></tr></thead>
<tbody>${runs.map(runRow)}</tbody>
</table></div>
${moreRuns > 0 && html`<p class="soft">${counted(moreRuns, "And {0} earlier run.", "And {0} earlier runs.")}</p>`}
</section>`;
}

function runRow(run: ReportRun): Html {
  const { endedAtMs, startedAtMs, isLastSign, isLive } = run;
  const ended = isLive ? "–" : endedAtMs === null ? t("unknown") : timeText(endedAtMs, "UTC");
  const took = endedAtMs === null ? "–" : durationText(Math.max(0, endedAtMs - startedAtMs));
  return html`<tr><th scope="row" class="n">${run.run}</th><td class="t">${timeText(startedAtMs, "UTC")}</td><td class="t">${isLastSign && html`<span class="soft">${t("last sign")} </span>`}${ended}</td><td class="n">${took}</td><td class="n">${countText(run.done)}</td><td class="n">${countText(run.failed)}</td><td class="n">${run.usage.usd === null ? "–" : usdText(run.usage.usd)}</td><td class="wide">${sentence(run.ending)}</td></tr>
`;
}

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

function costs({ usage, doneUsage, models, counts }: ReportData): Html | null {
  const rows: [string, (usage: UsageTotals) => string | null][] = [
    [t("Tokens in"), ({ inputTokens }) => (inputTokens === null ? null : countText(inputTokens))],
    [
      t("… of them read from a cache"),
      ({ cachedTokens }) => (cachedTokens === null ? null : countText(cachedTokens)),
    ],
    [
      t("… of them written to a cache"),
      ({ cacheWriteTokens }) => (cacheWriteTokens === null ? null : countText(cacheWriteTokens)),
    ],
    [t("Tokens out"), ({ outputTokens }) => (outputTokens === null ? null : countText(outputTokens))],
    [t("Requests"), ({ requests }) => (requests === null ? null : countText(requests))],
    [t("Cost"), ({ usd }) => (usd === null ? null : usdText(usd))],
  ];
  const known = rows.filter(([, of]) => of(usage) !== null);
  if (known.length === 0 && models.length === 0) return null;
  const perItem = doneUsage.usd !== null && counts.done > 0 ? usdText(doneUsage.usd / counts.done) : null;
  return html`<section><h2>${t("Cost and tokens")}</h2>
${
  known.length > 0 &&
  html`<div class="scroll" tabindex="0"><table>
<thead><tr><td></td><th scope="col" class="n">${t("All attempts")}</th><th scope="col" class="n">${t("Done items alone")}</th></tr></thead>
<tbody>${known.map(([name, of]) => html`<tr><th scope="row">${name}</th><td class="n">${of(usage)}</td><td class="n">${of(doneUsage) ?? "–"}</td></tr>`)}</tbody>
</table></div>`
}
${perItem !== null && html`<p>${t("A done item cost {0} on average.", perItem)}</p>`}
${models.length > 0 && html`<p>${models.length === 1 ? t("Model:") : t("Models:")} ${models.map(({ name, attempts }, i) => html`${i > 0 && ", "}${name}${attempts > 0 && html` <span class="soft">(${plural(attempts, "attempt")})</span>`}`)}</p>`}
</section>`;
}

function failures({ causes, moreCauses, counts, ids }: ReportData): Html | null {
  if (counts.failed === 0) return null;
  return html`<section><h2>${t("Failures by cause")}</h2>
${causes.map((cause) => causeTable(cause, ids))}
${moreCauses > 0 && html`<p class="soft">${counted(moreCauses, "And {0} more cause.", "And {0} more causes.")}</p>`}
</section>`;
}

function causeTable({ cause, items, messages, moreMessages, ids }: ReportCause, withIds: boolean): Html {
  return html`<h3>${cause}: ${plural(items, "item")}</h3>
<table class="messages">
<thead><tr><th scope="col" class="n">${t("Items")}</th><th scope="col">${t("Message")}</th></tr></thead>
<tbody>${messages.map(({ text, items }) => html`<tr><td class="n">${countText(items)}</td><td class="wide">${text === "" ? html`<span class="soft">${t("(none)")}</span>` : text}</td></tr>`)}</tbody>
</table>
${moreMessages > 0 && html`<p class="soft">${counted(moreMessages, "And {0} more message.", "And {0} more messages.")}</p>`}
${withIds && html`<p>${t("Items: {0}", ids.join(", "))}${items > ids.length && html` <span class="soft">${t("and {0} more", countText(items - ids.length))}</span>`}</p>`}`;
}

function stages({ stages }: ReportData): Html | null {
  if (stages.length === 0) return null;
  return html`<section><h2>${t("Stages")}</h2>
<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">${t("Stage")}</th><th scope="col" class="n">${t("Items that finished it")}</th></tr></thead>
<tbody>${stages.map(({ name, done }) => html`<tr><th scope="row">${name}</th><td class="n">${countText(done)}</td></tr>`)}</tbody>
</table></div></section>`;
}

function damage({ damage, moreDamage, residue, tornTail }: ReportData): Html | null {
  if (damage.length === 0 && moreDamage === 0 && residue === 0 && !tornTail) return null;
  const lines = damage.map(
    ({ reason, lines }) =>
      html`<tr><th scope="row">${faultReason({ reason })}</th><td class="n">${countText(lines)}</td></tr>`,
  );
  return html`<section><h2>${t("State of the checkpoint")}</h2>
${
  lines.length > 0 &&
  html`<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">${t("Damage")}</th><th scope="col" class="n">${t("Lines")}</th></tr></thead>
<tbody>${lines}</tbody>
</table></div>`
}
${moreDamage > 0 && html`<p class="soft">${counted(moreDamage, "And {0} more damaged line.", "And {0} more damaged lines.")}</p>`}
${(damage.length > 0 || moreDamage > 0) && html`<p>${t("Items in damaged lines do not count as done here; a repair may save some of them.")}</p>`}
${residue > 0 && html`<p>${counted(residue, "{0} line left by crashes that were survived. Nothing finished was lost.", "{0} lines left by crashes that were survived. Nothing finished was lost.")}</p>`}
${tornTail && html`<p>${t("The last record was cut short while it was written. Nothing finished was lost.")}</p>`}
</section>`;
}

function results({ results, counts, ids }: ReportData): Html | null {
  if (results === null) return null;
  const more = counts.done + counts.gone - results.length;
  return html`<section><h2>${t("Results")}</h2>
${
  results.length === 0
    ? html`<p>${t("None yet.")}</p>`
    : html`<table class="results">
<thead><tr><th scope="col">${ids ? t("Item") : t("No.")}</th><th scope="col">${t("Result")}</th></tr></thead>
<tbody>${results.map(
        (
          { id, result },
          i,
        ) => html`<tr><th scope="row">${ids ? id : countText(i + 1)}</th><td><pre>${lines(result)}</pre></td></tr>
`,
      )}</tbody>
</table>`
}
${more > 0 && html`<p class="soft">${counted(more, "And {0} more result, not shown here.", "And {0} more results, not shown here.")}</p>`}
</section>`;
}

/** The lines of a text stay lines; all else that cannot be seen is made visible. */
const lines = (text: string): Html[] => text.split("\n").map((line, i) => html`${i > 0 && raw("\n")}${line}`);

function footer({ format, ids, results }: ReportData): Html {
  const isForeign = format !== "agent-jobs" && format !== "empty";
  const without = [...(results === null ? [t("results")] : []), t("inputs"), ...(ids ? [] : [t("item ids")])];
  const left = bothText([without.slice(0, -1).join(", "), without.at(-1)!].filter((text) => text !== ""));
  return html`${isForeign ? t("Made by Agent Jobs of a file in the {0} format.", format) : t("Made by Agent Jobs.")} ${
    ids
      ? t("Keys and passwords are taken out; {0} are left out.", left)
      : t("Keys and passwords are taken out; {0} are left out, and addresses and paths in messages.", left)
  } ${t("All times are UTC.")}`;
}
