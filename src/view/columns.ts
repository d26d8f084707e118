/**
 * Characters that terminals show two columns wide: of East Asia, and emoji. The second half of an emoji that is put
 * together counts as well: a line that is thought too long is cut, one that is thought too short breaks.
 */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const combining = /\p{Mark}/u;
/** Makes the character before it an emoji, which is wider than that was. */
const emojiSelector = "\ufe0f";

const columnOf = (character: string): number => {
  if (character === emojiSelector) return 1;
  return combining.test(character) ? 0 : wide.test(character) ? 2 : 1;
};

/** How many columns of a terminal a text takes, at most. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnOf(character);
  return columns;
}

/** A text that takes at most so many columns, with an ellipsis where it was cut. */
export function cutToColumns(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let cut = "";
  let left = columns - 1;
  for (const character of text) {
    left -= columnOf(character);
    if (left < 0) break;
    cut += character;
  }
  return `${cut}…`;
}
