import type { Chart } from "../../view/dashboard/chart.js";
import {
  type CauseRow,
  type FailureQuery,
  failureColumns,
  maxFilterChars,
  maxRows,
} from "../../view/dashboard/failures.js";
import type { Head } from "../../view/dashboard/head.js";

/** A row of the table. The page names it by `ref`: keys of items come from files, and may be of any length. */
export interface ShownFailure {
  ref: number;
  item: string;
  cause: string;
  message: string;
  attempt: number;
  time: string;
}

export interface ShownFailures {
  rows: ShownFailure[];
  matching: number;
  total: number;
  causes: CauseRow[];
  moreCauses: number;
  /** Whether failed items can be tried again now, and what there is to be said about that. */
  canRetry: boolean;
  whyNot: string;
  /** `Showing 100 of 2,300` */
  shownText: string;
}

export const pageActions = ["repair", "resume", "run", "retry", "stop"] as const;
export type PageAction = (typeof pageActions)[number];

/** A button at the top of the page. */
export interface ShownAction {
  action: PageAction;
  label: string;
  /** It is what there is to be done: no more than one is. */
  isMain: boolean;
}

/** What the page is told: of each part only where it is not as it was told before. */
export interface ShowMessage {
  type: "show";
  head?: Head;
  /** What can be done with the job now, the first thing to do first. */
  actions?: ShownAction[];
  /** Those that are not as they were; an empty list where there are none any more. */
  charts?: Chart[];
  failures?: ShownFailures;
  /** What is still being read; empty once all is. */
  reading?: string;
}

/** What the page asks for. It comes from a page: nothing in it is relied on before `readRequest` has looked at it. */
export type PageRequest =
  /** `knowsFirst`: it has drawn what it was given with its text. */
  | { type: "ready"; query: FailureQuery; knowsFirst: boolean }
  /** `atMs`: by the page's clock, which is another machine's where the window is of another than the extension host. */
  | { type: "painted"; atMs: number }
  | { type: "query"; query: FailureQuery }
  | { type: "act"; action: PageAction }
  | { type: "open"; ref: number }
  | { type: "retry"; refs: number[] }
  | { type: "retryCause"; cause: string };

/** What is kept over a reload of the window. */
export interface PageState {
  job: string;
  query: FailureQuery;
  /** Of which charts the tables are shown. */
  tables: string[];
  /** Where the page is scrolled to, in pixels. */
  scrollY: number;
  /** The numbers of the rows that are chosen, and the text of the page that they are of: another one has other numbers. */
  chosen: { page: string; refs: number[] };
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const isText = (value: unknown, most: number): value is string =>
  typeof value === "string" && value.length <= most;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** The request that a message is; undefined where it is none. */
export function readRequest(message: unknown): PageRequest | undefined {
  if (!isFields(message)) return undefined;
  const { type, ref, refs, cause, atMs } = message;
  const action = pageActions.find((name) => name === message.action);
  switch (type) {
    case "painted":
      return isCount(atMs) ? { type, atMs } : undefined;
    case "ready":
    case "query": {
      const query = readQuery(message.query);
      if (!query || type === "query") return query && { type: "query", query };
      return { type, query, knowsFirst: message.knowsFirst === true };
    }
    case "act":
      return action && { type, action };
    case "open":
      return isCount(ref) ? { type, ref } : undefined;
    case "retry":
      return Array.isArray(refs) && refs.length > 0 && refs.length <= maxRows && refs.every(isCount)
        ? { type, refs }
        : undefined;
    case "retryCause":
      return isText(cause, maxFilterChars) ? { type, cause } : undefined;
    default:
      return undefined;
  }
}

function readQuery(value: unknown): FailureQuery | undefined {
  if (!isFields(value)) return undefined;
  const { text, cause, sort, descending, limit } = value;
  const column = failureColumns.find((name) => name === sort);
  if (!column || !isText(text, maxFilterChars) || typeof descending !== "boolean") return undefined;
  if (cause !== null && !isText(cause, maxFilterChars)) return undefined;
  if (!isCount(limit) || limit < 1 || limit > maxRows) return undefined;
  return { text, cause, sort: column, descending, limit };
}
