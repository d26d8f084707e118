import { checksummed, scanBytes } from "../../support/scan.js";
import { type HostileLine, hostileLines, verdictOf } from "../hostileLines.js";
import { Findings, type Row } from "../row.js";

const slowMs = 5_000;
const before = checksummed('{"id":"before","ts":1');
const after = checksummed('{"id":"after","ts":1');

/** Each line of hostileLines.txt alone, between two good records, cut anywhere, and given piece by piece. */
export const hostile: Row = {
  name: "hostile-lines",
  what: "hostile lines, each with its expected verdict",
  unit: "hundredths of the lines' cuts",
  full: 100,
  reduced: 1,
  async run({ random, times, progress }) {
    const findings = new Findings();
    const lines = hostileLines();
    let cases = 0;
    for (const line of lines) {
      const beganMs = performance.now();
      try {
        cases += judge(line, findings);
        for (let n = 0; n < times; n++, cases++) {
          const cut = line.bytes.subarray(0, random.between(0, Math.min(line.bytes.length, 100_000)));
          scanBytes(Buffer.concat([before, cut]), random.between(1, 64 * 1024));
        }
      } catch (error) {
        findings.add("thrown", `${line.name}: ${(error as Error).message}`);
      }
      const ms = performance.now() - beganMs;
      if (ms > slowMs) findings.add("thrown", `${line.name} took ${Math.round(ms)} ms`);
      progress(line.name);
    }
    if (lines.length < 300) findings.add("wrong", `only ${lines.length} lines`);
    return findings.outcome(cases, `${lines.length} lines`);
  },
};

function judge({ name, at, bytes, verdict }: HostileLine, findings: Findings): number {
  const found = verdictOf(bytes);
  if (found !== verdict)
    findings.add("wrong", `${name} (line ${at}): ${found.slice(0, 100)} instead of ${verdict.slice(0, 100)}`);
  if (bytes.length < 10_000 && scanBytes(bytes, 1).summary.faultCount !== scanBytes(bytes).summary.faultCount)
    findings.add("wrong", `${name} (line ${at}): another verdict where it comes byte by byte`);
  if (verdict.startsWith("snapshot")) return 2; // another format's file
  const { done } = scanBytes(Buffer.concat([before, bytes, after]));
  if (!done.includes('"before"') || !done.includes('"after"'))
    findings.add("lost", `${name} (line ${at}): a record beside it`);
  return 3;
}
