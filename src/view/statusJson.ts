import type { Fault } from "../runtime/format/scan.js";
import { doubtfulItems } from "../runtime/state/inDoubt.js";
import type { JobView } from "./jobView.js";

const iso = (ms: number): string => new Date(ms).toISOString().replace(".000Z", "Z");

/** One job of `status --json`; the shape is part of the contract, unknown figures are null. */
export function statusJson(view: JobView): Record<string, unknown> {
  const { status, scan, state } = view;
  const { inputTokens, outputTokens, cachedTokens, cacheWriteTokens, requests, usd } = state.usage;
  const unknown = view.error !== null;
  const known = (count: number) => (unknown ? null : count);
  const hasUsage = [inputTokens, outputTokens, usd].some((figure) => figure !== null);
  const { eta, run, lastRun, holder } = status;
  const live = run ?? holder;
  return {
    job: view.name,
    label: view.label,
    checkpoint: view.checkpoint,
    format: scan.format,
    state: status.progress,
    ...(view.error !== null && { error: view.error }),
    damaged: status.damaged && !unknown,
    total: status.total,
    done: known(status.done),
    failed: known(status.failed),
    inDoubt: known(status.inDoubt),
    inDoubtItems: unknown ? [] : openItems(view),
    remaining: status.remaining,
    inFlight: known(status.inFlight),
    gone: known(status.gone),
    unverified: known(scan.unverified),
    tornTail: scan.tornTail && !unknown,
    faults: unknown ? [] : scan.faults.map(faultJson),
    faultCount: unknown ? 0 : scan.faultCount,
    run: live && {
      pid: live.pid,
      host: live.host,
      startedAt: iso(run?.startedAtMs ?? holder!.sinceMs),
      ...(run && { run: run.run }),
    },
    lastRun: lastRun && {
      ended: lastRun.ended,
      ...(lastRun.run.ended?.signal && { signal: lastRun.run.ended.signal }),
      ...(lastRun.detail !== undefined && { detail: lastRun.detail }),
    },
    eta: eta && { p50Ms: Math.round(eta.p50Ms), p90Ms: Math.round(eta.p90Ms) },
    usage: hasUsage
      ? {
          inputTokens,
          outputTokens,
          ...(cachedTokens !== null && { cachedTokens }),
          ...(cacheWriteTokens !== null && { cacheWriteTokens }),
          ...(requests !== null && { requests }),
          usd,
        }
      : null,
    saved: { items: known(status.done), usd: state.doneUsage.usd, ms: state.doneMs },
    ...(state.steps.size > 0 && { steps: Object.fromEntries(state.steps) }),
  };
}

/** Files of other tools know of no runs, and not when an item was begun. */
function openItems({ status, foreign }: JobView): unknown[] {
  const items = doubtfulItems(status.inDoubtItems);
  return foreign ? items.map((item) => ({ ...item, run: null, at: null })) : items;
}

function faultJson({
  line,
  offsetBytes,
  lengthBytes,
  reason,
  residue,
  salvaged,
}: Fault): Record<string, unknown> {
  return { line, offsetBytes, lengthBytes, reason, residue, ...(salvaged > 0 && { salvaged }) };
}
