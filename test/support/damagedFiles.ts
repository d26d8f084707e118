import { keyOf } from "../../src/runtime/format/itemId.js";
import { encodeRecord, jobRecord, type WritableRecord } from "../../src/runtime/format/record.js";

const atMs = 1_748_107_200_000;
/** A line of our own format with its newline. */
export const own = (record: Partial<WritableRecord>): string =>
  encodeRecord({ atMs, ...record } as WritableRecord).toString();
export const done = (id: string, usd?: number): string =>
  own({ type: "done", item: keyOf(id), ms: 60_000, run: 1, ...(usd !== undefined && { usage: { usd } }) });
export const started = (run: number): string =>
  own({ type: "run-started", run, pid: 1, host: "ada", token: `t${run}` });
export const header = (job: string): string => encodeRecord(jobRecord(atMs, job, null, null)).toString();
/** As the articles' Python writes it. */
export const article = (id: string): string => `{"id": "${id}", "ts": 1748107200}\n`;
/** As agent-resume writes it. */
export const snapshot = (turn: number, ...items: string[]): string =>
  `{"turn":${turn},"state":{},"completed_items":${JSON.stringify(items)},"timestamp":1748107200.5}\n`;
const flipped = (line: string) => line.replace('"ts":1', '"ts":2');
const cut = (line: string, bytes = 22) => line.slice(0, bytes);
const bom = "\ufeff";

export interface DamagedFile {
  /** What is wrong, as a person says it. */
  what: string;
  file: string | Buffer;
  /** The file after its repair; left out: nothing is changed. */
  repaired?: string | Buffer;
  /** After a repair that also keeps what is merged without checksums; left out: the same. */
  merged?: string;
  gained?: string[];
  mayHaveHeld?: string[];
  unreadable?: number;
  /** The same after the repair that also keeps what is merged; left out: as many. */
  unreadableMerged?: number;
}

const head = header("j") + started(1);
const torn = cut(done("c"));

/** Every kind of damage, and what a repair makes of it. */
export const damagedFiles: DamagedFile[] = [
  { what: "nothing", file: head + done("a") },
  { what: "an empty file", file: "" },
  { what: "a torn tail", file: head + done("a") + torn, repaired: `${head}${done("a")}${torn}\n` },
  {
    what: "a torn tail of an article's file",
    file: article("a") + cut(article("b"), 9),
    repaired: `${article("a")}{"id": "b\n`,
  },
  {
    what: "a whole last record without its newline",
    file: article("a") + article("b").trim(),
    repaired: article("a") + article("b"),
  },
  { what: "residue of a survived crash", file: `${head}${done("a")}${torn}\n${started(2)}${done("c")}` },
  {
    what: "a flipped bit",
    file: head + flipped(done("a")) + done("b"),
    repaired: head + done("b"),
    mayHaveHeld: ["a"],
  },
  {
    what: "a flipped bit that made an item's id that of another done item",
    file: head + done("c").replace('"id":"c"', '"id":"b"') + done("b"),
    repaired: head + done("b"),
    unreadable: 1,
  },
  {
    what: "flipped bits in two lines that read as the same item",
    file: head + flipped(done("a")) + flipped(done("a")) + done("b"),
    repaired: head + done("b"),
    mayHaveHeld: ["a"],
    unreadable: 1,
  },
  {
    what: "the rest of a torn record, merged with others, of an item that was done later",
    file: head + torn + done("a") + done("c"),
    repaired: head + done("a") + done("c"),
  },
  {
    what: "a flipped bit of a record that finishes nothing",
    file: head + flipped(started(2)) + done("b"),
    repaired: head + done("b"),
  },
  {
    what: "records of ours merged with a torn one",
    file: head + torn + done("a") + done("b"),
    repaired: head + done("a") + done("b"),
    mayHaveHeld: ["c"],
  },
  {
    what: "a record of ours merged with a torn one of which too little is left to read its id",
    file: head + cut(done("c"), 7) + done("a") + done("b"),
    repaired: head + done("a") + done("b"),
    unreadable: 1,
  },
  {
    what: "a record of ours merged with a torn one that finishes nothing",
    file: head + cut(started(2), 30) + done("a") + done("b"),
    repaired: head + done("a") + done("b"),
  },
  {
    what: "a record of ours with what nobody can read behind it",
    file: `${head}${done("a").trim()}\0\0c"}\n${done("b")}`,
    repaired: head + done("a") + done("b"),
    unreadable: 1,
  },
  {
    what: "a record of ours with a torn one behind it that finishes nothing",
    file: `${head}${done("a").trim()} ${cut(started(2), 30)}\n${done("b")}`,
    repaired: head + done("a") + done("b"),
  },
  {
    what: "a record of ours between a torn one that finishes nothing and one of which too little is left",
    file: `${head}${cut(started(2), 30)}${done("a").trim()}{"id":"\n${done("b")}`,
    repaired: head + done("a") + done("b"),
    unreadable: 1,
  },
  {
    what: "two records of ours on one line",
    file: head + done("a").trim() + done("b"),
    repaired: head + done("a") + done("b"),
  },
  {
    what: "article records merged with a torn one",
    file: article("a") + cut(article("bb"), 10) + article("c") + article("d"),
    repaired: article("a") + article("d"),
    merged: article("a") + article("c") + article("d"),
    unreadable: 1,
    gained: ["c"],
    mayHaveHeld: ["c"],
  },
  {
    what: "two article records on one line",
    file: article("a").trim() + article("b") + article("c"),
    repaired: article("c"),
    merged: article("a") + article("b") + article("c"),
    gained: ["a", "b"],
    mayHaveHeld: ["a", "b"],
  },
  {
    what: "an article record merged into ours",
    file: head + cut(done("a"), 12) + article("b") + done("c"),
    repaired: head + done("c"),
    merged: head + article("b") + done("c"),
    gained: ["b"],
    mayHaveHeld: ["a", "b"],
  },
  {
    what: "agent-resume lines merged, the last of the file",
    file: snapshot(1, "a") + cut(snapshot(2, "a", "b"), 30) + snapshot(3, "a", "b", "c"),
    repaired: snapshot(1, "a"),
    merged: snapshot(1, "a") + snapshot(3, "a", "b", "c"),
    gained: ["b", "c"],
    unreadable: 1,
    unreadableMerged: 0,
  },
  {
    what: "agent-resume lines merged, and later ones whole",
    file: cut(snapshot(1, "x"), 30) + snapshot(2, "x", "b") + snapshot(3, "a", "b"),
    repaired: snapshot(3, "a", "b"),
    merged: snapshot(2, "x", "b") + snapshot(3, "a", "b"),
  },
  {
    what: "a tail of NUL bytes",
    file: `${head}${done("a")}\0\0\0\0`,
    repaired: `${head}${done("a")}\0\0\0\0\n`,
  },
  {
    what: "a run of NUL bytes inside",
    file: `${head}{"id":"a","t\0\0\0\0\0\0}\n${done("b")}`,
    repaired: head + done("b"),
    mayHaveHeld: ["a"],
  },
  {
    what: "a run of NUL bytes before a record of ours",
    file: `${head}\0\0\0\0${done("b")}`,
    repaired: head + done("b"),
    unreadable: 1,
  },
  {
    what: "a run of NUL bytes before an article's record",
    file: `${article("a")}\0\0\0\0${article("b")}`,
    repaired: article("a"),
    unreadable: 1,
    merged: article("a") + article("b"),
    gained: ["b"],
    mayHaveHeld: ["b"],
  },
  {
    what: "bytes that are no UTF-8",
    file: Buffer.concat([
      Buffer.from(`${head}{"id":"a","ts":1,"result":"`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(`"}\n${done("b")}`),
    ]),
    repaired: head + done("b"),
    mayHaveHeld: ["a"],
  },
  { what: "a byte order mark at the start", file: bom + head + done("a") },
  {
    what: "a byte order mark in the middle, before a record of ours",
    file: head + bom + done("a"),
    repaired: head + done("a"),
  },
  {
    what: "a byte order mark in the middle of an article's file",
    file: article("a") + bom + article("b"),
    repaired: article("a"),
    merged: article("a") + article("b"),
    gained: ["b"],
    mayHaveHeld: ["b"],
  },
  { what: "lines that end in CR LF", file: (head + done("a")).replaceAll("\n", "\r\n") },
  {
    what: "lines that end in CR LF, and a merged one among them",
    file: `${head}${torn}${done("a")}${done("b")}`.replaceAll("\n", "\r\n"),
    mayHaveHeld: ["c"],
    repaired: `${head}${done("a")}${done("b")}`.replaceAll("\n", "\r\n"),
  },
  { what: "duplicate ids", file: article("a") + article("a") + article("b") },
  { what: "a second header of the same job", file: head + done("a") + header("j") + done("b") },
  { what: "a header of another job in the middle", file: head + done("a") + header("other") + done("b") },
  {
    what: "lines of a wrong shape",
    file: `${article("a")}{"id":"x","ts":1,"error":"timeout"}\n[1]\n${article("b")}`,
    repaired: article("a") + article("b"),
    mayHaveHeld: ["x"],
    unreadable: 1,
  },
  {
    what: "text that is no JSON",
    file: `${head}Traceback (most recent call last):\n${done("a")}`,
    repaired: head + done("a"),
    unreadable: 1,
  },
  {
    what: "damage and a torn tail",
    file: head + flipped(done("a")) + torn,
    repaired: `${head}${torn}\n`,
    mayHaveHeld: ["a"],
  },
];
