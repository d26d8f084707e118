/** Makes elements. What is shown is set as text or as a property, never as HTML. */

type Child = Node | string | null | undefined | false;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Readonly<Record<string, string | number | boolean | null | undefined>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  set(made, properties);
  for (const child of children) if (child) made.append(child);
  return made;
}

export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  properties: Readonly<Record<string, string | number>> = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Name] {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  set(made, properties);
  for (const child of children) if (child) made.append(child);
  return made;
}

function set(
  made: Element,
  properties: Readonly<Record<string, string | number | boolean | null | undefined>>,
): void {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : String(value));
  }
}

const live = element("div", { class: "unseen", role: "status", "aria-live": "polite" });

/** Where readers of the screen hear what keys bring up. */
export const liveRegion = (): HTMLElement => live;

export function say(text: string): void {
  live.textContent = text;
}

/** Once the browser has drawn what was changed before: what a frame puts off comes when it is drawn. */
export const afterPaint = (work: () => void): void => {
  requestAnimationFrame(() => setTimeout(work));
};
