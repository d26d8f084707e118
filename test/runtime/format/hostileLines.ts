/**
 * Lines as anybody might leave them in a checkpoint, and what a reader makes of each.
 * `line` is read alone in a file; `{{…}}` around a line's beginning adds a valid checksum and the closing brace.
 * Verdict: `done KEY`, `snapshot KEY KEY …`, `record TYPE`, `blank`, or the fault's reason.
 */
export interface HostileLine {
  name: string;
  line: string | Buffer;
  verdict: string;
}

const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);

export const hostileLines: HostileLine[] = [
  // Finished items of the articles' format.
  { name: "an article line", line: '{"id": "a", "ts": 1748107200}', verdict: 'done "a"' },
  { name: "an article line, compact, members swapped", line: '{"ts":1.5,"id":"a"}', verdict: 'done "a"' },
  {
    name: "an article line with a result",
    line: '{"id": "a", "ts": 1, "result": {"id": "b"}}',
    verdict: 'done "a"',
  },
  { name: "blanks and CR around a line", line: ' \t{"id":"a","ts":1} \r\r', verdict: 'done "a"' },
  { name: "a number id", line: '{"id":1,"ts":1}', verdict: "done 1" },
  { name: "an id above 2^53", line: '{"id":9007199254740993,"ts":1}', verdict: "done 9007199254740993" },
  {
    name: "an id of 40 digits",
    line: `{"id":${"12".repeat(20)},"ts":1}`,
    verdict: `done ${"12".repeat(20)}`,
  },
  { name: "a fraction as id", line: '{"id":1.0,"ts":1}', verdict: "done 1.0" },
  { name: "true as id", line: '{"id":true,"ts":1}', verdict: "done true" },
  { name: "null as id", line: '{"id":null,"ts":1}', verdict: "done null" },
  { name: "__proto__ as id", line: '{"id":"__proto__","ts":1}', verdict: 'done "__proto__"' },
  { name: "an empty id", line: '{"id":"","ts":1}', verdict: 'done ""' },
  { name: "an escaped id", line: '{"id":"\\u00e9","ts":1}', verdict: 'done "é"' },
  { name: "a lone surrogate as id", line: '{"id":"\\ud800","ts":1}', verdict: 'done "\\ud800"' },
  { name: "U+2028 inside an id", line: '{"id":"a\u2028b","ts":1}', verdict: 'done "a\u2028b"' },
  { name: "an escaped member name", line: '{"\\u0069d":7,"ts":1}', verdict: "done 7" },
  { name: "an id twice", line: '{"id":1,"ts":1,"id":9007199254740993}', verdict: "done 9007199254740993" },
  { name: "a time beyond all dates", line: '{"id":"a","ts":1e300}', verdict: 'done "a"' },
  { name: "a time that is infinite", line: '{"id":"a","ts":1e999}', verdict: 'done "a"' },
  { name: "NaN inside a result", line: '{"id": "a", "ts": 1, "result": NaN}', verdict: 'done "a"' },
  { name: "the word NaN inside a string", line: '{"id":"NaN","ts":1}', verdict: 'done "NaN"' },
  {
    name: "a result nested 100,000 deep",
    line: `{"id":1,"ts":1,"result":${nested(1e5, "[", "]")}}`,
    verdict: "done 1",
  },
  // What must not become done.
  { name: "a failure of another tool", line: '{"id":"x","ts":1,"error":"timeout"}', verdict: "wrong-shape" },
  { name: "an id without a time", line: '{"id":"x"}', verdict: "wrong-shape" },
  { name: "a time as text", line: '{"id":"x","ts":"1"}', verdict: "wrong-shape" },
  { name: "a time that is NaN", line: '{"id":"x","ts":NaN}', verdict: "wrong-shape" },
  { name: "an object as id", line: '{"id":{"a":1},"ts":1}', verdict: "wrong-shape" },
  { name: "a list as id", line: '{"id":["a"],"ts":1}', verdict: "wrong-shape" },
  { name: "NaN as id", line: '{"id":NaN,"ts":1}', verdict: "wrong-shape" },
  { name: "an id through __proto__", line: '{"__proto__":{"id":"x"},"ts":1}', verdict: "wrong-shape" },
  { name: "a list", line: '[{"id":"x","ts":1}]', verdict: "wrong-shape" },
  { name: "a string", line: '"x"', verdict: "wrong-shape" },
  { name: "null", line: "null", verdict: "wrong-shape" },
  { name: "an empty object", line: "{}", verdict: "wrong-shape" },
  { name: "a header of another tool", line: '{"format":"x","version":1}', verdict: "wrong-shape" },
  { name: "two records on a line", line: '{"id":"a","ts":1}{"id":"b","ts":2}', verdict: "merged" },
  {
    name: "a fragment with a record behind it",
    line: '{"id": "a", "t{"id": "b", "ts": 2}',
    verdict: "merged",
  },
  { name: "a record with text behind it", line: '{"id":"a","ts":1}x', verdict: "not-json" },
  { name: "words", line: "Traceback (most recent call last):", verdict: "not-json" },
  { name: "single quotes", line: "{'id': 'a', 'ts': 1}", verdict: "not-json" },
  { name: "a byte order mark in front of a second one", line: "\ufeff\ufeff{}", verdict: "not-json" },
  { name: "a merge conflict mark", line: "<<<<<<< HEAD", verdict: "not-json" },
  { name: "a control character in a string", line: '{"id":"a\u0001","ts":1}', verdict: "not-json" },
  // Lines that were never finished.
  { name: "an opening brace", line: "{", verdict: "torn" },
  { name: "torn in an id", line: '{"id": "item-0', verdict: "torn" },
  { name: "torn after a colon", line: '{"id": "a", "ts": ', verdict: "torn" },
  { name: "torn in an escape", line: '{"id":"\\u00', verdict: "torn" },
  { name: "torn in a character", line: Buffer.from('{"id":"é').subarray(0, -1), verdict: "torn" },
  { name: "torn in a number", line: '{"id":"a","ts":17481e', verdict: "torn" },
  {
    name: "torn behind a nested record",
    line: '{"id":"a","ts":1,"result":{"id":"b","ts":2}',
    verdict: "torn",
  },
  { name: "torn in 100,000 levels", line: `{"id":1,"result":${"[".repeat(1e5)}`, verdict: "torn" },
  // Bytes that are no text.
  { name: "a lone continuation byte", line: Buffer.from([0x7b, 0x80, 0x7d]), verdict: "not-utf8" },
  { name: "Latin-1", line: Buffer.from('{"id":"é","ts":1}', "latin1"), verdict: "not-utf8" },
  { name: "an encoded surrogate", line: Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), verdict: "not-utf8" },
  { name: "UTF-16", line: Buffer.from('{"id":1}', "utf16le"), verdict: "nul" },
  { name: "a run of NULs", line: Buffer.alloc(512), verdict: "nul" },
  { name: "a record and NULs", line: '{"id":"a","ts":1}\0\0', verdict: "nul" },
  // Lines with a checksum.
  { name: "a record of ours", line: '{{{"id":"a","ts":1,"ms":5}}', verdict: 'done "a"' },
  { name: "a record of ours with other members", line: '{{{"id":"a","ts":1,"x":[1]}}', verdict: 'done "a"' },
  {
    name: "ours with a number for text",
    line: '{{{"id":9007199254740993,"ts":1,"ms":"5"}}',
    verdict: "done 9007199254740993",
  },
  { name: "a kind that is not known yet", line: '{{{"type":"lease","ts":1}}', verdict: "record unknown" },
  {
    name: "a kind from Object.prototype",
    line: '{{{"type":"constructor","ts":1}}',
    verdict: "record unknown",
  },
  {
    name: "a start without an attempt",
    line: '{{{"type":"started","item":"a","ts":1,"run":1}}',
    verdict: "wrong-shape",
  },
  { name: "a checksum over no time", line: '{{{"id":"a"}}', verdict: "wrong-shape" },
  { name: "a wrong checksum", line: '{"id":"a","ts":1,"c":"00000000"}', verdict: "checksum" },
  { name: "an upper-case checksum", line: '{"id":"a","ts":1,"c":"ABCDEF01"}', verdict: "wrong-shape" },
  { name: "nothing but a checksum", line: ',"c":"00000000"}', verdict: "not-json" },
  // Checkpoints of agent-resume.
  {
    name: "a checkpoint",
    line: '{"turn":1,"state":{},"completed_items":["a",2],"timestamp":1.5}',
    verdict: 'snapshot "a" 2',
  },
  {
    name: "a checkpoint with exact ids",
    line: '{"completed_items":[9007199254740993,"é",1.50],"turn":-1}',
    verdict: 'snapshot 9007199254740993 "é" 1.50',
  },
  {
    name: "a checkpoint with infinities",
    line: '{"turn":1,"state":{"a":-Infinity},"completed_items":[]}',
    verdict: "snapshot",
  },
  { name: "a turn as text", line: '{"turn":"3","completed_items":[]}', verdict: "wrong-shape" },
  { name: "a checkpoint without items", line: '{"turn":3}', verdict: "wrong-shape" },
  { name: "a list among the items", line: '{"turn":3,"completed_items":[["a"]]}', verdict: "wrong-shape" },
  // Nothing.
  { name: "blanks", line: " \t\r", verdict: "blank" },
  { name: "one byte order mark", line: "\ufeff", verdict: "blank" },
];
