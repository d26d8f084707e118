import type { Head } from "../../../view/dashboard/head.js";
import { element } from "./dom.js";
import { words } from "./state.js";

const marks: Record<Head["look"], string> = {
  ...{ running: "▶", stalled: "◷", stopped: "❚❚", finished: "✓", "finished-with-failures": "✕" },
  ...{ damaged: "!", unreadable: "?", new: "○", read: "≡" },
};

/**
 * The title, how the job stands, how far it is, and its figures.
 * @param actions stands beside the title
 * @param leadTo brings what is further down the page before the person
 */
export function headView(
  actions: HTMLElement,
  leadTo: Record<"failures", () => void>,
): {
  root: HTMLElement;
  show: (head: Head) => void;
} {
  const [name, rest] = [element("h1"), element("div")];
  // What is drawn anew under a pressed mouse button hears no click: the actions stay where they are.
  const root = element("header", {}, element("div", { class: "titlerow" }, name, actions), rest);
  return {
    root,
    show({ title, look, lines, bar, figures }) {
      const [first = "", ...more] = lines;
      const hadFocus = rest.contains(document.activeElement);
      const status = element(
        "p",
        { class: `status look-${look}` },
        element("span", { class: "mark", "aria-hidden": "true" }, marks[look]),
        element("strong", {}, first),
        ...more.map((line) => element("span", {}, line)),
      );
      name.textContent = title;
      rest.replaceChildren(
        status,
        ...(bar ? [barView(bar)] : []),
        ...(figures.length > 0
          ? [
              element(
                "dl",
                { class: "figures" },
                ...figures.map(({ name, value, note, tone, leadsTo }) =>
                  element(
                    "div",
                    { class: `figure ${tone}` },
                    element("dt", {}, name),
                    element("dd", { class: "value" }, leadsTo ? jump(value, leadTo[leadsTo]) : value),
                    note !== "" && element("dd", { class: "note" }, note),
                  ),
                ),
              ),
            ]
          : []),
      );
      if (hadFocus) rest.querySelector("button")?.focus();
    },
  };
}

function jump(value: string, lead: () => void): HTMLElement {
  const made = element("button", { type: "button", class: "jump", title: words.toFailures }, value);
  made.addEventListener("click", lead);
  return made;
}

function barView({ total, done, failed, inDoubt, label }: NonNullable<Head["bar"]>): HTMLElement {
  const part = (kind: string, count: number) => {
    const made = element("span", { class: `part ${kind}` });
    made.style.width = `${(count / total) * 100}%`;
    return made;
  };
  return element(
    "div",
    {
      ...{ class: "bar", role: "progressbar", "aria-label": words.progress, "aria-valuemin": 0 },
      ...{ "aria-valuemax": total, "aria-valuenow": Math.min(done, total), "aria-valuetext": label },
    },
    part("done", done),
    failed > 0 && part("failed", failed),
    inDoubt > 0 && part("doubt", inDoubt),
  );
}
