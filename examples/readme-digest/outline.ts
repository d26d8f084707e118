// What a README says, without its markup: title, prose by section, links.
import { Lexer, type Token, type Tokens } from "marked";

export type Link = { text: string; href: string };

/** A paragraph, quotation or list item as plain text, and the headings that it stands under, outermost first. */
export type Block = { kind: "paragraph" | "item"; text: string; sections: string[] };

export type Outline = {
  /** The first heading with text in it; null where there is none, or where it only names a section. */
  title: string | null;
  headings: string[];
  blocks: Block[];
  /** Every target once, as written; links within the page and badges are left out. */
  links: Link[];
  /** Words of headings, prose, lists and tables; not those of code. */
  words: number;
};

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  copy: "©",
  mdash: "—",
  ndash: "–",
  hellip: "…",
  rarr: "→",
  larr: "←",
  middot: "·",
  bull: "•",
};

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** GitHub's `:tada:` shorthands, emoji, and runs of white space are no prose. */
function tidy(text: string): string {
  return decodeEntities(text)
    .replace(/(^|\s):[a-z0-9_+-]+:(?=[\s.,;!?]|$)/g, "$1")
    .replace(/\p{Extended_Pictographic}(?:\uFE0F|\u200D|[\u{1F3FB}-\u{1F3FF}])*/gu, (sign) =>
      /[\u00A9\u00AE\u2122]/.test(sign) ? sign : "",
    )
    .replace(/\s+/g, " ")
    .replace(/ ([.,;:!?)])(?=\s|$)/g, "$1")
    .replace(/\(\s*\)/g, "")
    .trim();
}

/** The text of inline tokens; images and tags leave nothing behind. */
function inlineText(tokens: readonly Token[] | undefined): string {
  let text = "";
  for (const token of tokens ?? []) {
    if (token.type === "image" || token.type === "checkbox") continue;
    if (token.type === "html") text += /^<br/i.test(token.raw) ? " " : "";
    else if (token.type === "br") text += " ";
    else if (token.type === "codespan") text += (token as Tokens.Codespan).text;
    else if ("tokens" in token && token.tokens) text += inlineText(token.tokens);
    else if ("text" in token) text += token.text;
  }
  return text;
}

function attribute(tag: string, name: string): string | undefined {
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, "i").exec(tag);
  return match?.[1] ?? match?.[2] ?? match?.[3];
}

/** Text of an HTML block, a line for each of its block elements; a line that is one link is navigation. */
function htmlLines(html: string): { text: string; isProse: boolean }[] {
  return html
    .replace(/<!--[\s\S]*?(?:-->|$)/g, " ")
    .replace(/<(script|style|svg|pre|table|summary|code|h[1-6])\b[\s\S]*?<\/\1\s*>/gi, "\n")
    .replace(/<a\b[^>]*>([\s\S]*?)<\/a\s*>/gi, (_, inner: string) =>
      // A link around pictures and boxes is an advertisement.
      /<(div|img|picture)\b/i.test(inner) ? "" : `\uE000${inner}\uE001`,
    )
    .replace(/<\/?(?:p|div|center|li|ul|ol|tr|td|th|details|blockquote|section|hr)\b[^>]*>/gi, "\n\n")
    .replace(/<br\b[^>]*>/gi, " ")
    .replace(/<[^>]*>/g, "")
    .split(/\n\s*\n/)
    .map((line) => {
      const linked = [...line.matchAll(/\uE000([^\uE001]*)\uE001/g)].map((match) => match[1]).join("");
      const text = tidy(line.replace(/[\uE000\uE001]/g, ""));
      return { text, isProse: tidy(linked).length < text.length * 0.6 };
    })
    .filter((line) => line.text !== "");
}

function htmlHeadings(html: string): { depth: number; text: string }[] {
  const found = [];
  for (const match of html.matchAll(/<h([1-6])\b[^>]*>([\s\S]*?)<\/h\1\s*>/gi)) {
    const inner = match[2] ?? "";
    const pictured = tidy(attribute(inner, "alt") ?? "").replace(/\s+(logo|banner|icon)$/i, "");
    const text = tidy(inner.replace(/<[^>]*>/g, " ")) || pictured;
    found.push({ depth: Number(match[1]), text });
  }
  return found;
}

/** Text that is mostly links is navigation ("Docs • API • Chat"), not prose. */
function isNavigation(token: Token, text: string): boolean {
  let linked = 0;
  let links = 0;
  const visit = (tokens: readonly Token[]) => {
    for (const inner of tokens) {
      if (inner.type === "link") {
        linked += tidy(inlineText([inner])).length;
        links += 1;
      } else if ("tokens" in inner && inner.tokens) visit(inner.tokens);
    }
  };
  if ("tokens" in token && token.tokens) visit(token.tokens);
  return linked > text.length * 0.9 || (links >= 3 && linked > text.length * 0.45);
}

/** A first heading like these opens a README that has no title. */
const sectionName =
  /^(installation|install|overview|introduction|usage|summary|getting started|readme|about|reference|references|description|table of contents|contents|note|notes)\W*$/i;

class OutlineBuilder {
  title: string | null = null;
  readonly headings: string[] = [];
  readonly blocks: Block[] = [];
  readonly links = new Map<string, Link>();
  readonly read: string[] = [];
  #detailsDepth = 0;
  #sections: { depth: number; text: string }[] = [];

  heading(depth: number, text: string): void {
    if (text === "") return;
    this.read.push(text);
    if (this.title === null && this.headings.length === 0 && !sectionName.test(text)) {
      this.title = text;
      return;
    }
    // A line such as "### Run an array of functions in parallel" under the title describes; it heads nothing.
    if (this.headings.length === 0 && this.blocks.length === 0 && countWords(text) >= 4) {
      this.blocks.push({ kind: "paragraph", text, sections: [] });
    }
    this.headings.push(text);
    this.#sections = [...this.#sections.filter((section) => section.depth < depth), { depth, text }];
  }

  prose(kind: Block["kind"], text: string, isProse = true): void {
    if (text === "") return;
    this.read.push(text);
    // What is folded away on the page is an aside.
    if (isProse && this.#detailsDepth === 0)
      this.blocks.push({ kind, text, sections: this.#sections.map((section) => section.text) });
  }

  link(text: string, href: string): void {
    if (href === "" || href.startsWith("#") || text === "" || this.links.has(href)) return;
    this.links.set(href, { text, href });
  }

  linksOf(tokens: readonly Token[]): void {
    for (let at = 0; at < tokens.length; at += 1) {
      const token = tokens[at] as Token;
      if (token.type === "link") this.link(tidy(inlineText(token.tokens)), token.href);
      else if (token.type === "html") {
        const href = /^<a\s/i.test(token.raw) ? attribute(token.raw, "href") : undefined;
        if (href === undefined) continue;
        const end = tokens.findIndex((later, index) => index > at && /^<\/a/i.test(later.raw));
        this.link(tidy(inlineText(tokens.slice(at + 1, end === -1 ? undefined : end))), decodeEntities(href));
      } else if ("tokens" in token && token.tokens) this.linksOf(token.tokens);
    }
  }

  html(html: string): void {
    const opened = html.match(/<details\b/gi)?.length ?? 0;
    const closed = html.match(/<\/details\b/gi)?.length ?? 0;
    this.#detailsDepth = Math.max(0, this.#detailsDepth + opened - closed);
    for (const { depth, text } of htmlHeadings(html)) this.heading(depth, text);
    for (const match of html.matchAll(/<a\s[^>]*>([\s\S]*?)<\/a\s*>/gi)) {
      this.link(
        tidy((match[1] ?? "").replace(/<[^>]*>/g, " ")),
        decodeEntities(attribute(match[0], "href") ?? ""),
      );
    }
    for (const { text, isProse } of htmlLines(html)) this.prose("paragraph", text, isProse);
  }

  visit(tokens: readonly Token[]): void {
    for (const token of tokens) {
      if (token.type === "heading") {
        this.linksOf(token.tokens ?? []);
        this.heading(token.depth, tidy(inlineText(token.tokens)));
      } else if (token.type === "paragraph" || token.type === "text") {
        this.linksOf("tokens" in token ? (token.tokens ?? []) : []);
        const text = tidy("tokens" in token ? inlineText(token.tokens) : token.text);
        this.prose("paragraph", text, !isNavigation(token, text));
      } else if (token.type === "html") this.html(token.raw);
      else if (token.type === "blockquote") this.quote(token as Tokens.Blockquote);
      else if (token.type === "list") for (const item of token.items) this.item(item);
      else if (token.type === "table") this.table(token as Tokens.Table);
    }
  }

  /** Many READMEs put their description into a quotation; GitHub's `[!NOTE]` boxes are asides. */
  quote(token: Tokens.Blockquote): void {
    if (/^\s*\[!\w+\]/.test(token.text)) this.linksOf(token.tokens);
    else this.visit(token.tokens);
  }

  item(item: Tokens.ListItem): void {
    for (const token of item.tokens) {
      if (token.type === "text" || token.type === "paragraph") {
        this.linksOf("tokens" in token ? (token.tokens ?? []) : []);
        const text = tidy("tokens" in token ? inlineText(token.tokens) : token.text);
        this.prose("item", text, !isNavigation(token, text));
      } else this.visit([token]);
    }
  }

  table(token: Tokens.Table): void {
    for (const cell of [...token.header, ...token.rows.flat()]) {
      this.linksOf(cell.tokens);
      this.read.push(tidy(inlineText(cell.tokens)));
    }
  }
}

export function countWords(text: string): number {
  return text.match(/[\p{L}\p{N}]+(?:['’_-][\p{L}\p{N}]+)*/gu)?.length ?? 0;
}

/** Front matter is a page's metadata, and the byte order mark is none of its text. */
function body(markdown: string): string {
  return markdown.replace(/^\uFEFF/, "").replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/, "");
}

export function outlineOf(markdown: string): Outline {
  const builder = new OutlineBuilder();
  builder.visit(new Lexer({ gfm: true }).lex(body(markdown)));
  return {
    title: builder.title,
    headings: builder.headings,
    blocks: builder.blocks,
    links: [...builder.links.values()],
    words: countWords(builder.read.join("\n")),
  };
}
