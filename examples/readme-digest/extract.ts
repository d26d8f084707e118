// The digest without a model: sentences and terms that the document itself offers, chosen by wink-nlp's
// tokens, parts of speech and lemmas.
import type { ItemSentence, ItemToken, ItsFunction, WinkMethods } from "wink-nlp";
import type { Block, Outline } from "./outline";

/** Raised whenever the choice changes, so that earlier results count as changed. */
export const extractVersion = 1;

const maxSentences = 3;
const maxSummaryWords = 60;
const keywordCount = 8;
const fewKeywords = 4;

/** Sections about a package's surroundings: nothing in them says what it is. */
const surroundings =
  /^(how to )?(install|licen[cs]e|legal|contribut|develop|build|test|change ?log|release|history|migrat|upgrad|sponsor|back(er|ing)|donat|support(ers|ing)?$|thanks|credit|acknowledg|author|maintain|team|related|see also|alternativ|resource|links|table of|contents|toc$|badge|status|security|community|contact|trademark|copyright|in the media|who|download|additional details|running)/i;

/** Sections about its use: their terms count, their sentences rarely read well by themselves. */
const howTo =
  /^(set[- ]?up|getting started|quick ?start|usage|examples?|faq|questions|troubleshoot|requirement|prerequisite|compatib|browser support|cli$|command|.*options?$|.*api\b|notes?$|todo|roadmap|benchmark|documentation$|docs$|version|key concepts|.*\(|\w+\.\w|const |new |\.|arguments?|param|return)/i;

const about =
  /^(about|what|why|overview|introduction|intro|summary|description|features?|motivation|highlights)\b/i;

const under = (block: Block, kind: RegExp) =>
  block.sections.some((section) => kind.test(section.replace(/^[^\p{L}.]+/u, "")));

const generic = new Set(
  `example usage use function option value code file method argument parameter return type object string array number
   default api documentation version package module library project license mit npm node.js javascript install
   installation thing way case time set list name user issue following one note result boolean true false null
   undefined readme github test property callback instance class support feature information change new only other
   same different multiple current first more such many several own second possible available e.g. i.e. etc work
   need development need yarn pnpm bug request pull please link page question help section todo line lot bit data
   input output call import export const require item key release contributor author http https www com org order
   addition datum docs returns details examples features definition instruction pr behavior behaviour fix commit repository`.split(
    /\s+/,
  ),
);

let loading: Promise<WinkMethods> | undefined;

/** The language model takes a moment to load: once a process, and only where it is needed. */
function loadWink(): Promise<WinkMethods> {
  loading ??= Promise.all([import("wink-nlp"), import("wink-eng-lite-web-model")]).then(([wink, model]) =>
    wink.default(model.default, ["sbd", "pos"]),
  );
  return loading;
}

type Word = {
  term: string;
  lemma: string;
  pos: string;
  isContent: boolean;
  /** Whether nothing but a space stands between it and the word before. */
  followsWord: boolean;
};

/** Words as a reader sees them: `fast-check` is one, and the parts of `http.Agent` are none by themselves. */
function wordsOf(sentence: ItemSentence, { its }: WinkMethods): Word[] {
  const words: Word[] = [];
  let before = "";
  let spoken = "";
  let isHyphened = false;
  sentence.tokens().each((token: ItemToken) => {
    const value = token.out();
    const isGlued = token.out(its.precedingSpaces) === "" && before !== "";
    const previous = words.at(-1);
    if (token.out(its.type) === "word") {
      const pos = token.out(its.pos);
      const hasCapitalsInside = /\p{Ll}\p{Lu}/u.test(value);
      const isIdentifier = /^\p{Ll}+\p{Lu}|_/u.test(value) || (isGlued && !/^["'“‘(/]$/.test(before));
      const isContent =
        /^(NOUN|PROPN|ADJ|VERB)$/.test(pos) &&
        !token.out(its.stopWordFlag) &&
        value.length > 2 &&
        (!isIdentifier || (isGlued && isHyphened));
      const lemma = token.out(its.lemma as ItsFunction<string>);
      if (isGlued && isHyphened && previous !== undefined) {
        spoken = `${spoken}-${value}`.toLowerCase();
        Object.assign(previous, { term: spoken, lemma: spoken, pos, isContent: true });
      } else {
        spoken = value;
        const followsWord = /^[\p{L}\p{N}]+$/u.test(before);
        words.push({ term: hasCapitalsInside ? value : lemma, lemma, pos, isContent, followsWord });
      }
    } else if (isGlued && previous !== undefined && !/^[-.,;:!?)\]"'”’/…]+$/.test(value)) {
      previous.isContent = false;
    }
    isHyphened = value === "-" && isGlued && /^[\p{L}\p{N}]+$/u.test(before);
    before = value;
  });
  return words;
}

type Sentence = {
  text: string;
  words: Word[];
  block: Block;
  blockIndex: number;
  index: number;
  isFirst: boolean;
};

function sentencesOf(blocks: readonly Block[], wink: WinkMethods): Sentence[] {
  const sentences: Sentence[] = [];
  blocks.forEach((block, blockIndex) => {
    const ofBlock: Sentence[] = [];
    const take = (sentence: ItemSentence) => {
      const text = sentence.out().trim();
      const words = wordsOf(sentence, wink);
      const last = ofBlock.at(-1);
      // A full stop inside a name ("Node.js", "http.Agent") or after "vs." ends no sentence.
      const isGlued =
        sentence.index() > 0 && sentence.tokens().itemAt(0).out(wink.its.precedingSpaces) === "";
      if (last !== undefined && (isGlued || /(^|\s)(vs|e\.g|i\.e|etc|approx|cf)\.$/.test(last.text))) {
        last.text += `${isGlued ? "" : " "}${text}`;
        if (isGlued && words[0]) words[0].isContent = false;
        last.words.push(...words);
      } else {
        const index = sentences.length + ofBlock.length;
        ofBlock.push({ text, words, block, blockIndex, index, isFirst: last === undefined });
      }
    };
    // wink sees no end of a sentence before a name such as ".NET".
    for (const piece of block.text.split(/(?<=\.)\s+(?=\.\p{Lu})/u)) {
      wink.readDoc(piece).sentences().each(take);
    }
    sentences.push(...ofBlock);
  });
  return sentences;
}

const describing =
  /\b(is an?|are|provides?|allows?|lets|implements?|enables?|supports?|helps?|converts?|pars(es?|er)|library|module|package|utility|tool|plugin|wrapper|framework|implementation|functions? (to|for|that))\b/i;
const aside =
  /\b(npm (i|install|run)|yarn add|pnpm|git clone|click|sponsors?|donat\w*|open source work|you can help|star (this|the)|follow (me|us)|licen[cs]ed?|copyright|pull requests?|contribut\w*|deprecat|changelog|see (the|also|below|here)|check out|read more|for more|documentation (is|can|may)|tidelift|commercial|enterprise|NB|make sure|remember|do not (remove|use)|below|above|following|please|notes?(?=:)|note that|^see|such (problem|case)|warning|no longer|breaking change|version \d|v\d+\.|node\.?js v?\d|@latest|sorry|thank|this (readme|document|section|page)|table of contents|example)\b/i;
const dependent =
  /^(it|its|this|that|these|those|they|he|she|both|however|hence|but|and|or|so|also|then|thus|therefore|instead|otherwise|for (example|instance)|e\.g\.|in addition|additionally|specifically|if|when|you can also|here)\b/i;
const selfContained =
  /^this (is|(npm |node |nodejs )?(package|module|library|plugin|repo|repository|project|tool|folder|directory|script)\b)/i;

/** Whether a sentence can be read by itself; a description without a verb or a full stop may open a document. */
function isReadable(sentence: Sentence): boolean {
  const { text, words } = sentence;
  if (words.length < 3 || words.length > 50 || /[:,]$/.test(text)) return false;
  if (/^(npm|npx|yarn|pnpm|bun|git|node) [a-z-]+/.test(text) && /--|@|\bi(nstall)?\b|\badd\b/.test(text))
    return false;
  if ((text.match(/https?:\/\/\S+/g) ?? []).join("").length > text.length * 0.4) return false;
  if (/[{}|\\$]|=>|==|\w\(.*\).*\w\(|^\W*\d+[.)]/.test(text)) return false;
  if (!/^["'“‘`(@.#<\p{L}\p{N}]/u.test(text)) return false;
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  return letters > text.length * 0.6;
}

function frequencies(sentences: readonly Sentence[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { words } of sentences) {
    for (const word of words) if (word.isContent) counts.set(word.lemma, (counts.get(word.lemma) ?? 0) + 1);
  }
  return counts;
}

/** How much a sentence tells about the whole: its terms' weight in the document, where it stands, how it is built. */
function scoreOf(sentence: Sentence, counts: Map<string, number>, names: readonly string[]): number {
  const content = sentence.words.filter((word) => word.isContent);
  const weight = content.reduce((sum, word) => sum + Math.log1p(counts.get(word.lemma) ?? 0), 0);
  const top = Math.log1p(Math.max(1, ...counts.values()));
  let score = weight / Math.max(4, content.length) / top;
  score += 2 / (1 + sentence.blockIndex) + (sentence.isFirst ? 0.3 : 0);
  const lower = sentence.text.toLowerCase();
  if (names.some((name) => lower.includes(name))) score += 0.3;
  if (describing.test(sentence.text)) score += 0.4;
  if (sentence.block.sections.length === 0) score += 0.5;
  if (under(sentence.block, surroundings)) score -= 1.5;
  else if (under(sentence.block, howTo)) score -= 1.2;
  else if (under(sentence.block, about)) score += 0.5;
  if (aside.test(sentence.text)) score -= 0.9;
  if (sentence.text.includes("://")) score -= 0.4;
  if (sentence.block.kind === "item") score -= 0.5;
  if (!/[.!?…]["')”]?$/.test(sentence.text) && sentence.blockIndex > 1) score -= 0.7;
  if (sentence.words.length < 5) score -= 0.4;
  if (sentence.words.length > 35) score -= 0.3;
  if (/\b(I|I'm|my|me)\b/.test(sentence.text)) score -= 0.7;
  if (sentence.text.endsWith("?")) score -= 0.6;
  return score;
}

function overlap(a: Sentence, b: Sentence): number {
  const left = new Set(a.words.filter((word) => word.isContent).map((word) => word.lemma));
  const right = new Set(b.words.filter((word) => word.isContent).map((word) => word.lemma));
  const shared = [...left].filter((lemma) => right.has(lemma)).length;
  return shared / Math.max(1, Math.min(left.size, right.size));
}

function canStandAlone(sentence: Sentence, chosen: readonly Sentence[]): boolean {
  if (sentence.blockIndex === 0 && sentence.isFirst) return true;
  if (!dependent.test(sentence.text) || selfContained.test(sentence.text)) return true;
  return chosen.some((other) => other.index === sentence.index - 1);
}

/** A second sentence has to be about the whole, and not from a manual or a list of parameters. */
function canFollow(sentence: Sentence, score: number): boolean {
  const { block } = sentence;
  if (score < 1 || aside.test(sentence.text) || under(block, surroundings) || under(block, howTo))
    return false;
  return block.kind === "paragraph"
    ? sentence.words.length > 4
    : under(block, about) || block.sections.length === 0;
}

/** The best sentence, then others that add to it, in the order of the document. */
function choose(sentences: readonly Sentence[], names: readonly string[]): Sentence[] {
  const counts = frequencies(sentences);
  const ranked = sentences
    .filter(isReadable)
    .map((sentence) => ({ sentence, score: scoreOf(sentence, counts, names) }))
    .sort((a, b) => b.score - a.score || a.sentence.index - b.sentence.index);
  const best = ranked.find(({ sentence }) => canStandAlone(sentence, [])) ?? ranked[0];
  if (best === undefined) return [];
  const chosen = [best.sentence];
  let words = best.sentence.words.length;
  for (const { sentence, score } of ranked) {
    if (chosen.length === maxSentences) break;
    if (chosen.includes(sentence) || !canFollow(sentence, score)) continue;
    if (words + sentence.words.length > maxSummaryWords || !canStandAlone(sentence, chosen)) continue;
    if (chosen.some((other) => overlap(other, sentence) > 0.6)) continue;
    chosen.push(sentence);
    words += sentence.words.length;
  }
  return chosen.sort((a, b) => a.index - b.index);
}

function finish(text: string): string {
  return /[.!?…]["')”]?$/.test(text) ? text : `${text.replace(/[,;]+$/, "")}.`;
}

const isName = (word: Word | undefined) => word?.pos === "NOUN" || word?.pos === "PROPN";

function isKeyword(word: Word | undefined): word is Word {
  return (
    word?.isContent === true &&
    word.pos !== "VERB" &&
    /^\p{L}[\p{L}\p{N}+#-]*$/u.test(word.term) &&
    !generic.has(word.lemma.toLowerCase()) &&
    !generic.has(word.term.toLowerCase())
  );
}

/** Names and pairs of words by how often and where they stand; what is in a pair is not said again. */
function keywordsOf(headings: readonly Sentence[], sentences: readonly Sentence[]): string[] {
  const found = new Map<string, { score: number; count: number }>();
  const add = (term: string, score: number) => {
    const entry = found.get(term) ?? { score: 0, count: 0 };
    found.set(term, { score: entry.score + score, count: entry.count + 1 });
  };
  const read = ({ words }: Sentence, weight: number) => {
    words.forEach((word, at) => {
      if (!isKeyword(word)) return;
      if (isName(word)) add(word.term, weight);
      const next = words[at + 1];
      if (isKeyword(next) && next.followsWord && isName(next) && next.term !== word.term)
        add(`${word.term} ${next.term}`, weight * 1.6);
    });
  };
  const isAbout = ({ block }: Sentence) => !under(block, surroundings);
  for (const heading of headings.filter(isAbout)) read(heading, 2);
  for (const sentence of sentences.filter(isAbout)) read(sentence, sentence.blockIndex < 2 ? 2 : 1);
  const ranked = [...found]
    .filter(([term, { count }]) => !term.includes(" ") || count > 1)
    .sort(([a, x], [b, y]) => y.score - x.score || (a < b ? -1 : 1));
  const keywords: string[] = [];
  for (const [term, { score }] of ranked) {
    if (keywords.length === keywordCount || (score < 2 && keywords.length >= fewKeywords)) break;
    const isSaid = keywords.some((other) => {
      const [a, b] = [other.toLowerCase().split(" "), term.toLowerCase().split(" ")];
      return a.some((word) => b.includes(word));
    });
    if (!isSaid) keywords.push(term);
  }
  return keywords;
}

export type Extract = {
  summary: string;
  /** The document has no sentence about its subject; the summary is the best of what there is, or empty. */
  isPoor: boolean;
  keywords: string[];
};

/** `names` are what the subject is called: the title and the package's name. */
export async function extractFrom(outline: Outline, names: readonly string[]): Promise<Extract> {
  const wink = await loadWink();
  const sentences = sentencesOf(outline.blocks, wink);
  const titles = [outline.title ?? "", ...outline.headings].filter((text) => text !== "");
  const headings = titles.map((text): Block => ({ kind: "paragraph", text, sections: [text] }));
  const lowered = names.map((name) => name.toLowerCase()).filter((name) => name !== "");
  const chosen = choose(sentences, lowered);
  return {
    summary: chosen.map(({ text }) => finish(text)).join(" "),
    isPoor: chosen.every(({ block }) => under(block, surroundings)),
    keywords: keywordsOf(sentencesOf(headings, wink), sentences),
  };
}
