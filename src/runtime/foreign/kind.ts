import type { ForeignKind } from "../format/foreignKinds.js";
import type { Members, Row, SourceRow } from "./row.js";

/** A kind of file with a row a line. */
export interface LineKind {
  readonly kind: ForeignKind;
  /** Whether a first row, of which the end may be missing, is surely of this kind. */
  begins(first: Members): boolean;
  /** What a row says; undefined where it is no row of this kind, or names no item. Never throws. */
  rowOf(row: SourceRow): Row | undefined;
  /** How many items there are, where the kind itself knows. */
  readonly total?: number;
}

/** A kind of file that is one JSON document with its rows in a list. */
export interface DocumentKind {
  readonly kind: ForeignKind;
  begins(first: Members): boolean;
  /** Names of the members that lead to the list. */
  readonly rows: readonly string[];
  /** Other members that are looked at, by the names that lead to them; none is an ancestor of another. */
  readonly members: readonly (readonly string[])[];
  /** @param header the members that came before the row, by their names joined with dots */
  rowOf(row: SourceRow, header: ReadonlyMap<string, unknown>): Row | undefined;
  /** How many items there are by the document's own word; null where it does not say. */
  totalOf(header: ReadonlyMap<string, unknown>): number | null;
}
