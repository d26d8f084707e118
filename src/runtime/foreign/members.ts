import { isMembers, type Members, type SourceRow, sourceRowOf } from "./row.js";

/** A member that rows have, to be chosen as their id, error or result. */
export interface FoundMember {
  /** Its name, or the names that lead to it, joined with dots. */
  path: string;
  /** In how many of the rows it is, and in how many it is neither null, false, 0 nor empty. */
  rows: number;
  set: number;
  /** How many different values it has among the rows; values that are lists or objects count as different. */
  distinct: number;
  /** Whether all of its values could be ids. */
  isScalar: boolean;
}

const maxDepth = 3;
const maxMembers = 200;

/** The rows at a file's beginning, as far as they are whole. */
export function rowsIn(head: Buffer): SourceRow[] {
  const rows: SourceRow[] = [];
  for (let start = 0; start < head.length; ) {
    const end = head.indexOf(0x0a, start);
    const row = sourceRowOf(head.subarray(start, end === -1 ? head.length : end));
    if (row) rows.push(row);
    if (end === -1) break;
    start = end + 1;
  }
  return rows;
}

/** The members of rows, those within members included, in the order in which they appear. */
export function membersIn(rows: readonly SourceRow[]): FoundMember[] {
  const found = new Map<string, FoundMember & { values: Set<string> }>();
  const look = (members: Members, prefix: string, depth: number) => {
    for (const [name, value] of Object.entries(members)) {
      const path = prefix + name;
      let member = found.get(path);
      if (!member) {
        if (found.size >= maxMembers) return;
        member = { path, rows: 0, set: 0, distinct: 0, isScalar: true, values: new Set() };
        found.set(path, member);
      }
      member.rows++;
      if (value) member.set++;
      if (!["string", "number", "boolean"].includes(typeof value)) member.isScalar = false;
      member.values.add(
        typeof value === "object" && value !== null ? `#${member.rows}` : JSON.stringify(value),
      );
      if (isMembers(value) && depth < maxDepth) look(value, `${path}.`, depth + 1);
    }
  };
  for (const { value } of rows) look(value, "", 1);
  return [...found.values()].map(({ values, ...member }) => ({ ...member, distinct: values.size }));
}
