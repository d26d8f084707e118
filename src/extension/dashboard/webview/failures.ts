import type { FailureColumn } from "../../../view/dashboard/failures.js";
import type { ShownFailure, ShownFailures } from "../protocol.js";
import { causesView } from "./causes.js";
import { afterPaint, element, say } from "./dom.js";
import { ask, keep, page, post, state, words } from "./state.js";

const moreRows = 200;
const mostRows = 1_000;
/** So many fill a window: the page is there with these, and with the others a moment later. */
const firstRows = 25;
/** A filter is asked for once a person pauses typing. */
const typingMs = 150;

const columns: readonly FailureColumn[] = ["item", "cause", "message", "attempt", "time"];

/** The failures: by cause, and one by one in a table that can be filtered, sorted and chosen from. */
export class FailuresView {
  readonly root: HTMLElement;
  private shown: ShownFailures | undefined;
  private readonly chosen = new Set(state.chosen.page === page ? state.chosen.refs : []);
  /** The row that the Tab key comes to. */
  private current: number | undefined;
  private typing: ReturnType<typeof setTimeout> | undefined;
  private readonly causes = causesView();
  private readonly count = element("span", { class: "countof", role: "status" });
  private readonly filter = element("input", { type: "search", maxlength: 200, spellcheck: "false" });
  private readonly cause = element("select");
  private readonly retry = element("button", { type: "button", class: "primary" });
  private readonly whyNot = element("p", { class: "note" });
  private readonly none = element("p", { class: "empty" });
  private readonly more = element("button", { type: "button", class: "secondary" }, words.more);
  private readonly body = element("tbody");
  private readonly rows = new Map<number, HTMLTableRowElement>();
  /** Grows with each showing of rows. */
  private showing = 0;
  private readonly all = element("input", { type: "checkbox", "aria-label": words.chooseAll });
  private readonly heads = new Map<FailureColumn, HTMLTableCellElement>();
  private readonly table: HTMLTableElement;
  private readonly tools: HTMLElement;
  private readonly list: HTMLElement;

  constructor() {
    this.filter.placeholder = words.filter;
    this.filter.setAttribute("aria-label", words.filter);
    this.filter.value = state.query.text;
    this.cause.setAttribute("aria-label", words.cause);
    const help = element("p", { class: "unseen", id: "rowhelp" }, words.rowHelp);
    this.table = element(
      "table",
      { class: "failures", "aria-describedby": "rowhelp" },
      element("caption", { class: "unseen" }, words.failures),
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("td", { class: "choose" }, this.all),
          ...columns.map((column) => this.head(column)),
        ),
      ),
      this.body,
    );
    this.tools = element("div", { class: "tools" }, this.filter, this.cause, this.retry);
    this.list = element(
      "div",
      { class: "list" },
      this.tools,
      this.whyNot,
      help,
      element("div", { class: "rows" }, this.table),
      this.none,
      this.more,
    );
    this.root = element(
      "section",
      { class: "card failurescard", "aria-labelledby": "title-failures", hidden: true },
      element(
        "div",
        { class: "cardhead" },
        element("h2", { id: "title-failures" }, words.failures),
        this.count,
      ),
      element("div", { class: "columns" }, this.causes.root, this.list),
    );
    this.listen();
  }

  show(failures: ShownFailures): void {
    this.shown = failures;
    this.root.hidden = false;
    const { rows, total, matching, canRetry, whyNot, shownText } = failures;
    const refs = new Set(rows.map(({ ref }) => ref));
    for (const ref of this.chosen) if (!refs.has(ref)) this.chosen.delete(ref);
    this.count.textContent = shownText;
    for (const part of [this.tools, this.causes.root]) part.hidden = total === 0;
    this.table.hidden = rows.length === 0;
    this.none.textContent = total === 0 ? words.noFailures : words.noMatch;
    this.none.hidden = rows.length > 0;
    this.more.hidden = rows.length >= matching || state.query.limit >= mostRows;
    this.whyNot.textContent = whyNot;
    this.whyNot.hidden = whyNot === "";
    this.table.classList.toggle("readonly", !canRetry);
    this.causes.show(failures);
    this.showCauses(failures);
    this.showRows(rows);
    this.showChoice();
  }

  /** Brings them before the person, whose keys work on them from here. */
  reveal(): void {
    this.root.scrollIntoView({ block: "start" });
    this.filter.focus({ preventScroll: true });
  }

  private head(column: FailureColumn): HTMLTableCellElement {
    const button = element("button", { type: "button", class: "sort" }, words[column]);
    const cell = element("th", { scope: "col", class: column }, button);
    button.addEventListener("click", () => {
      const { sort, descending } = state.query;
      ask({ sort: column, descending: sort === column ? !descending : column === "time" });
      this.showOrder();
      say(`${words[column]}: ${cell.getAttribute("aria-sort")}`);
    });
    this.heads.set(column, cell);
    return cell;
  }

  private listen(): void {
    this.filter.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => ask({ text: this.filter.value }), typingMs);
    });
    this.cause.addEventListener("change", () => ask({ cause: this.cause.value || null }));
    this.more.addEventListener("click", () =>
      ask({ limit: Math.min(mostRows, state.query.limit + moreRows) }),
    );
    this.retry.addEventListener("click", () => post({ type: "retry", refs: [...this.chosen] }));
    this.all.addEventListener("change", () => {
      for (const { ref } of this.shown?.rows ?? []) {
        if (this.all.checked) this.chosen.add(ref);
        else this.chosen.delete(ref);
      }
      this.showChoice();
    });
    this.body.addEventListener("keydown", (event) => this.press(event));
    this.showOrder();
  }

  private showOrder(): void {
    const { sort, descending } = state.query;
    for (const [column, cell] of this.heads) {
      if (column === sort) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
  }

  private showCauses({ causes }: ShownFailures): void {
    const named = causes.map(({ cause }) => cause);
    const { cause: only } = state.query;
    if (only !== null && !named.includes(only)) named.push(only);
    const options = [
      element("option", { value: "" }, words.allCauses),
      ...named.map((name) => element("option", { value: name }, name)),
    ];
    if (
      options.map(({ value }) => value).join("\n") !==
      [...this.cause.options].map(({ value }) => value).join("\n")
    )
      this.cause.replaceChildren(...options);
    this.cause.value = only ?? "";
  }

  private showRows(rows: readonly ShownFailure[]): void {
    const active = document.activeElement;
    const focused = active && this.body.contains(active) ? this.current : undefined;
    if (!rows.some(({ ref }) => ref === this.current)) this.current = rows[0]?.ref;
    const isFirst = this.body.rows.length === 0;
    this.rows.clear();
    this.body.replaceChildren(...this.made(isFirst ? rows.slice(0, firstRows) : rows));
    const showing = ++this.showing;
    if (isFirst && rows.length > firstRows)
      afterPaint(() => setTimeout(() => this.showOthers(rows, showing)));
    if (focused !== undefined) this.focus(this.current);
  }

  private showOthers(rows: readonly ShownFailure[], showing: number): void {
    if (showing !== this.showing) return;
    this.body.append(...this.made(rows.slice(firstRows)));
    this.showChoice();
  }

  private made(rows: readonly ShownFailure[]): HTMLTableRowElement[] {
    return rows.map((row) => {
      const made = this.row(row);
      this.rows.set(row.ref, made);
      return made;
    });
  }

  private row({ ref, item, cause, message, attempt, time }: ShownFailure): HTMLTableRowElement {
    const box = element("input", {
      ...{ type: "checkbox", tabindex: -1, "aria-label": `${words.choose} ${item}` },
    });
    box.addEventListener("change", () => this.choose(ref, box.checked));
    const open = element(
      "button",
      { type: "button", class: "link", tabindex: ref === this.current ? 0 : -1 },
      item,
    );
    open.title = words.open;
    open.addEventListener("click", () => post({ type: "open", ref }));
    open.addEventListener("focus", () => this.comeTo(ref));
    const cell = element("td", { class: "message" }, message);
    cell.title = message;
    return element(
      "tr",
      {},
      element("td", { class: "choose" }, box),
      element("th", { scope: "row", class: "item" }, open),
      element("td", { class: "cause" }, cause),
      cell,
      element("td", { class: "attempt" }, String(attempt)),
      element("td", { class: "time" }, time),
    );
  }

  private press(event: KeyboardEvent): void {
    const rows = this.shown?.rows ?? [];
    const at = rows.findIndex(({ ref }) => ref === this.current);
    if (at === -1 || event.ctrlKey || event.metaKey || event.altKey) return;
    const places: Record<string, number> = {
      ...{ ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 },
    };
    if (event.key === " " && this.shown?.canRetry) {
      event.preventDefault();
      this.choose(rows[at]!.ref, !this.chosen.has(rows[at]!.ref));
      say(`${this.chosen.size} ${words.chosen}`);
      return;
    }
    const to = places[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.focus(rows[Math.max(0, Math.min(rows.length - 1, to))]?.ref);
  }

  private comeTo(ref: number): void {
    if (this.current !== undefined)
      this.rows.get(this.current)?.querySelector("button")?.setAttribute("tabindex", "-1");
    this.current = ref;
    this.rows.get(ref)?.querySelector("button")?.setAttribute("tabindex", "0");
  }

  private focus(ref: number | undefined): void {
    if (ref !== undefined) this.rows.get(ref)?.querySelector("button")?.focus();
  }

  private choose(ref: number, isChosen: boolean): void {
    if (isChosen) this.chosen.add(ref);
    else this.chosen.delete(ref);
    this.showChoice();
  }

  private showChoice(): void {
    const { rows = [], canRetry = false } = this.shown ?? {};
    for (const { ref } of rows) {
      const row = this.rows.get(ref);
      row?.classList.toggle("chosen", this.chosen.has(ref));
      const box = row?.querySelector("input");
      if (box) box.checked = this.chosen.has(ref);
    }
    const refs = [...this.chosen];
    if (refs.join() !== state.chosen.refs.join()) keep({ chosen: { page, refs } });
    this.all.checked = rows.length > 0 && this.chosen.size === rows.length;
    this.all.indeterminate = this.chosen.size > 0 && this.chosen.size < rows.length;
    this.retry.disabled = this.chosen.size === 0;
    this.retry.hidden = !canRetry;
    this.retry.textContent =
      this.chosen.size === 0 ? words.retryChosen : words.retrySome.replace("{0}", String(this.chosen.size));
  }
}
