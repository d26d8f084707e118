const words = "the order has not come yet and nobody at the shop could say when it would be sent".split(" ");

/** A few words, always the same for the same name. */
export function someWords(name: string): string {
  const start = [...name].reduce((sum, char) => sum * 31 + char.codePointAt(0)!, 7) % words.length;
  return Array.from({ length: 9 }, (_, i) => words[(start + i * 5) % words.length]).join(" ");
}
