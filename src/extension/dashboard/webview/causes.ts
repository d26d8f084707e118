import type { ShownFailures } from "../protocol.js";
import { element } from "./dom.js";
import { ask, post, state, words } from "./state.js";

/** How many items failed by which cause: bars that are buttons, each of which lists its items alone. */
export function causesView(): { root: HTMLElement; show: (failures: ShownFailures) => void } {
  const list = element("ul", { class: "causes" });
  const more = element("p", { class: "note", hidden: true }, words.moreCauses);
  const root = element("div", { class: "bycause" }, element("h3", {}, words.byCause), list, more);
  return {
    root,
    show({ causes, canRetry, moreCauses }) {
      const focused = (document.activeElement as HTMLElement | null)?.dataset.focus;
      const most = Math.max(1, ...causes.map(({ items }) => items));
      root.hidden = causes.length === 0;
      more.hidden = moreCauses === 0;
      list.replaceChildren(
        ...causes.map(({ cause, items, count, label }) => {
          const isOnly = state.query.cause === cause;
          const fill = element("span", { class: "fill", "aria-hidden": "true" });
          fill.style.width = `${(items / most) * 100}%`;
          const only = element(
            "button",
            {
              ...{ class: "cause", type: "button", "aria-pressed": String(isOnly) },
              "data-focus": `cause ${cause}`,
            },
            element("span", { class: "name" }, cause),
            element("span", { class: "count" }, count),
            element("span", { class: "unseen" }, `. ${words.onlyCause}`),
            element("span", { class: "track", "aria-hidden": "true" }, fill),
          );
          only.title = words.onlyCause;
          only.addEventListener("click", () => ask({ cause: isOnly ? null : cause }));
          const again = element(
            "button",
            {
              ...{ class: "quiet again", type: "button", "data-focus": `again ${cause}` },
              "aria-label": `${words.retryCause} ${label}`,
            },
            "↻",
          );
          again.title = words.retryCause;
          again.hidden = !canRetry;
          again.addEventListener("click", () => post({ type: "retryCause", cause }));
          return element("li", {}, only, again);
        }),
      );
      if (focused) root.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
    },
  };
}
