import type { ShownAction } from "../protocol.js";
import { element } from "./dom.js";
import { post, words } from "./state.js";

/** Buttons for what can be done with the job now. */
export function actionsView(): { root: HTMLElement; show: (actions: readonly ShownAction[]) => void } {
  const root = element("div", {
    ...{ class: "actions", role: "group", tabindex: -1, "aria-label": words.actions },
  });
  return {
    root,
    show(actions) {
      const hadFocus = root.contains(document.activeElement);
      root.replaceChildren(
        ...actions.map(({ action, label, isMain }) => {
          const made = element("button", { type: "button", class: isMain ? "primary" : "secondary" }, label);
          made.addEventListener("click", () => post({ type: "act", action }));
          return made;
        }),
      );
      // Not the button that took the place of the one that was pressed: Enter may be pressed twice. None may be left.
      if (hadFocus) root.focus({ preventScroll: true });
    },
  };
}
