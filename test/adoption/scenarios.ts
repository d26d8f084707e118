import { someWords } from "./words.js";

/** One of the scripts in before/ and after/, with what it reads, and how its calls and results are told apart. */
export interface Scenario {
  /** What people call such a script. */
  kind: string;
  /** Its file's name, in before/ and in after/. */
  script: string;
  /** What the change is, in a sentence or two of Markdown. */
  says: string;
  args?: readonly string[];
  env?: Record<string, string>;
  /** Python modules that it needs besides the standard library. */
  modules?: readonly string[];
  /** What lies beside it, by path. */
  files: Record<string, string>;
  /** The ids of its items, in order. */
  ids: readonly string[];
  /** Its jobs, by name: one, unless it has several loops. */
  jobs: readonly string[];
  /** Which item of which job a prompt is about. */
  callOf(prompt: string): { job: string; id: string };
  callsPerItem: number;
  /** How many items it works on at a time. */
  atOnce: number;
  /** What it writes: files, or folders of files. */
  outputs: readonly string[];
  /** How long a call takes, in milliseconds. */
  callMs: number;
}

interface Sketch extends Partial<Scenario> {
  kind: string;
  script: string;
  says: string;
  /** What the names of its items begin with, as prompts have them. */
  prefix: string;
  /** How an item is known to the checkpoint, from its name. */
  idOf?(name: string): string;
  input(names: readonly string[]): Record<string, string>;
  outputs: readonly string[];
  count?: number;
}

const usualCount = 24;

function scenario({ prefix, idOf = (name) => name, input, count = usualCount, ...given }: Sketch): Scenario {
  const names = Array.from({ length: count }, (_, i) => `${prefix}${1001 + i}`);
  const named = new RegExp(`${prefix}\\d{4}`);
  const job = given.script.replace(/\.\w+$/, "");
  return {
    files: input(names),
    ids: names.map(idOf),
    jobs: [job],
    callOf: (prompt) => ({ job, id: idOf(named.exec(prompt)![0]) }),
    callsPerItem: 1,
    atOnce: 1,
    callMs: 5,
    ...given,
  };
}

const json = (value: unknown): string => JSON.stringify(value, null, 1);
const csv = (head: string, lines: readonly string[]): string => `${[head, ...lines].join("\n")}\n`;
const texts = (names: readonly string[]) => names.map((id) => ({ id, text: someWords(id) }));

export const scenarios: readonly Scenario[] = [
  scenario({
    kind: "A plain loop with tqdm",
    script: "summarize_tickets.py",
    says: "`into` names the list that the loop filled: it gets all results in the order of the input, those of earlier runs included.",
    modules: ["tqdm"],
    prefix: "T-",
    input: (names) => ({ "tickets.json": json(texts(names)) }),
    outputs: ["summaries.json"],
  }),
  scenario({
    kind: "asyncio with a semaphore",
    script: "classify_reviews.py",
    says: "`amap` takes the place of `gather`. Give it the number that the semaphore has, so that no more items count as begun than really are.",
    args: ["reviews.csv", "--parallel", "4"],
    prefix: "R-",
    input: (names) => ({
      "reviews.csv": csv(
        "id,text",
        names.map((id) => `${id},"${someWords(id)}"`),
      ),
    }),
    outputs: ["labels.json"],
    atOnce: 4,
    callMs: 10,
  }),
  scenario({
    kind: "A pool of threads",
    script: "extract_invoices.py",
    says: "`map` brings its own threads (`agent_jobs.map`, where Python's own `map` is needed as well). A file's id is its path as the script gives it.",
    prefix: "INV-",
    idOf: (name) => `invoices/${name}.txt`,
    input: (names) => Object.fromEntries(names.map((name) => [`invoices/${name}.txt`, someWords(name)])),
    outputs: ["invoices.csv"],
    atOnce: 4,
    callMs: 10,
  }),
  scenario({
    kind: "Rows of a pandas table",
    script: "label_complaints.py",
    says: "The loop unpacks its items, so `done` marks the one in hand. `key` says which column is the id.",
    modules: ["pandas"],
    prefix: "C-",
    input: (names) => ({
      "complaints.csv": csv(
        "complaint_id,product,text",
        names.map((id, i) => `${id},${["loan", "card"][i % 2]},"${someWords(id)}"`),
      ),
    }),
    outputs: ["complaints_labelled.csv"],
  }),
  scenario({
    kind: "A chain's batch, as LangChain has it",
    script: "answer_questions.py",
    says: "What `batch` did at once, `map` does item by item through `invoke`, as many at a time.",
    prefix: "Q-",
    input: (names) => ({
      "questions.json": json(names.map((id) => ({ id, question: `${someWords(id)}?` }))),
    }),
    outputs: ["answers.md"],
    atOnce: 4,
    callMs: 10,
  }),
  scenario({
    kind: "JSON Lines in, JSON Lines out",
    script: "find_entities.py",
    says: "`into` takes the open file: it is filled afresh by each run, in the order of the input, one result a line as `json.dumps(result, ensure_ascii=False)` writes it.",
    args: ["articles.jsonl", "entities.jsonl"],
    prefix: "A-",
    input: (names) => ({
      "articles.jsonl": names
        .map((id) => `${JSON.stringify({ id, title: `Über ${id}`, body: someWords(id) })}\n`)
        .join(""),
    }),
    outputs: ["entities.jsonl"],
  }),
  scenario({
    kind: "Retries by hand",
    script: "translate_strings.py",
    says: "The retries stay as they are. With a dictionary, `into` fills it by id.",
    env: { MODEL_RATE_LIMITS: "1", FIRST_WAIT: "0.005" },
    prefix: "label.",
    input: (names) => ({
      "strings.en.json": json(Object.fromEntries(names.map((name) => [name, someWords(name)]))),
    }),
    outputs: ["strings.de.json"],
  }),
  scenario({
    kind: "A notebook, run from the command line",
    script: "label_quotes.ipynb",
    says: "A notebook does not know its own name, so `job` gives it one.",
    modules: ["nbclient", "ipykernel"],
    prefix: "QU-",
    input: (names) => ({ "quotes.json": json(texts(names)) }),
    outputs: ["labels.json"],
  }),
  scenario({
    kind: "A generator as input",
    script: "summarize_pages.py",
    says: "The loop writes its results itself, so `done` only says that it has. How many items there are is known once the generator has ended; `total=` says so from the start.",
    prefix: "page-",
    idOf: (name) => `https://docs.example.com/${name}`,
    input: (names) => {
      const page = (name: string) => ({ url: `https://docs.example.com/${name}`, text: someWords(name) });
      return Object.fromEntries(
        [0, 1, 2].map((part) => [
          `export/part-${part}.json`,
          json({ pages: names.slice(part * 8, part * 8 + 8).map(page) }),
        ]),
      );
    },
    outputs: ["summaries"],
  }),
  scenario({
    kind: "Two passes over the data",
    script: "code_interviews.py",
    says: "Two loops are two jobs, each with a name and a checkpoint of its own.",
    prefix: "P-",
    count: 16,
    jobs: ["take_notes", "code"],
    callOf: (prompt) => ({
      job: prompt.startsWith("Notes of") ? "take_notes" : "code",
      id: /P-\d{4}/.exec(prompt)![0],
    }),
    input: (names) => ({ "interviews.json": json(texts(names)) }),
    outputs: ["coded.json"],
  }),
  scenario({
    kind: "A class that does the work",
    script: "review_contracts.py",
    says: 'The loop in the method changes as any other does. Two calls an item: one that was killed between them is done again as a whole, unless its calls are steps (`step("risk", contract, lambda: …)`).',
    prefix: "K-",
    count: 16,
    callsPerItem: 2,
    input: (names) => ({ "contracts.json": json(texts(names)) }),
    outputs: ["reviews.json"],
  }),
  scenario({
    kind: "Node.js with p-limit",
    script: "translate_pages.mjs",
    says: "`limit` is the limiter itself, so that an item counts as begun when its turn has come. Within `translate` it would be too late: items that wait there count as begun, and after a crash as in doubt. Where there is no limiter, `concurrency` says how many run at a time (32 where it is not given).",
    prefix: "M-",
    input: (names) => ({ "pages.json": json(texts(names)) }),
    outputs: ["pages.fr.json"],
    atOnce: 4,
    callMs: 10,
  }),
];
