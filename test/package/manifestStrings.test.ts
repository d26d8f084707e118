import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/root.js";

const read = (name: string) => JSON.parse(readFileSync(join(root, name), "utf8"));

/** Members whose strings people read, also where they are one word. */
const shown =
  /^(aliases|title|shortTitle|category|contextualTitle|contents|label|description|markdownDescription|displayName|userDescription|altText|(markdownD|d)eprecationMessage|errorMessage|patternErrorMessage|enumDescriptions|markdownEnumDescriptions|enumItemLabels)$/;
/** What the editor, TypeScript or a model reads. */
const hidden =
  /^(when|enablement|menus|keybindings|jsonValidation|modelDescription|inputSchema|default|enum|examples|pattern|completionEvents|tags)$/;
const key = /^%(.+)%$/;

interface Found {
  path: string;
  text: string;
}

/** Strings that are shown by their member's name, and all others that read like words: two of them with a blank. */
function* stringsIn(value: unknown, path: readonly string[], isShown = false): Generator<Found> {
  if (typeof value === "string") {
    if (isShown || /[a-z] [a-z]/i.test(value) || key.test(value)) yield { path: path.join("."), text: value };
  } else if (typeof value === "object" && value !== null)
    for (const [name, member] of Object.entries(value)) {
      if (hidden.test(name)) continue;
      const tells = shown.test(name) || (name === "name" && path.includes("views"));
      // Of a list its own name tells; an object that is named so is a setting of that name.
      const isText = Array.isArray(value)
        ? isShown
        : tells && (typeof member === "string" || Array.isArray(member));
      yield* stringsIn(member, [...path, name], isText);
    }
}

describe("the strings of package.json", () => {
  const { contributes, capabilities } = read("package.json");
  const found = [...stringsIn({ contributes, capabilities }, [])];
  const strings: Record<string, string> = read("package.nls.json");

  // Its name and description stay as they are: registries of packages show them, and know of no keys.
  it("that people read in the editor are keys of package.nls.json", () => {
    assert.ok(found.length > 50, `${found.length}`);
    assert.deepEqual(
      found.filter(({ text }) => !Object.hasOwn(strings, key.exec(text)?.[1] ?? "")),
      [],
    );
  });

  it("are all used", () => {
    const used = new Set(found.map(({ text }) => key.exec(text)?.[1]));
    assert.deepEqual(
      Object.keys(strings).filter((name) => !used.has(name)),
      [],
    );
  });
});
