import assert from "node:assert/strict";

/** The lines between the marks of a tool's answer, and what stands around them. */
export function fenceOf(text: string): { inside: string[]; outside: string } {
  const found = /^<<<data ([\w-]{12})\n([\s\S]*)\n\1 data>>>$/m.exec(text);
  assert.ok(found, text);
  return { inside: found[2]!.split("\n"), outside: text.replace(found[0], "") };
}
