import type { FailureQuery } from "../../../view/dashboard/failures.js";
import type { PageRequest, PageState } from "../protocol.js";
import type { PageWords } from "../words.js";

interface VsCode {
  postMessage(message: PageRequest): void;
  getState(): unknown;
  setState(state: PageState): void;
}

declare function acquireVsCodeApi(): VsCode;

const vscode = acquireVsCodeApi();

export const post = (request: PageRequest): void => vscode.postMessage(request);

export const words = JSON.parse(document.body.dataset.words ?? "{}") as PageWords;

const atFirst: FailureQuery = { text: "", cause: null, sort: "time", descending: true, limit: 100 };

/** What tells this page from one of an earlier window. */
export const page = document.body.dataset.firstMs ?? "";

/** What a person chose on the page; kept while the page is away, and over a reload of the window. */
export const state: PageState = {
  job: document.body.dataset.job ?? "",
  query: atFirst,
  tables: [],
  scrollY: 0,
  chosen: { page: "", refs: [] },
  ...(vscode.getState() as Partial<PageState> | undefined),
};

export function keep(changes: Partial<PageState> = {}): void {
  Object.assign(state, changes);
  vscode.setState(state);
}
keep();

/** Asks for other rows of the table. */
export function ask(changes: Partial<FailureQuery>): void {
  keep({ query: { ...state.query, ...changes } });
  post({ type: "query", query: state.query });
}
