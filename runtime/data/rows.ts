/**
 * Rows that a message speaks of, counted without bound and kept up to a limit, so that a table in which every row is
 * wrong needs no more memory than one in which ten are. Knows rows and cells, not codes.
 */
import type { DataRow } from "../../diagnostics/diagnostic.ts";

/** Rows kept for one message; docs/data.md and `--json` say so. */
export const mostKept = 10_000;

/** All rows of one message, the first of them by name. */
export interface RowList {
  readonly count: number;
  /** The first `mostKept` of them. */
  readonly rows: readonly DataRow[];
  /** Counts a row; `row` is only called where the row is kept. */
  add(row: () => DataRow): void;
}

export function rowList(most = mostKept): RowList {
  const rows: DataRow[] = [];
  let count = 0;
  return {
    get count() {
      return count;
    },
    rows,
    add(row) {
      if (count++ < most) rows.push(row());
    },
  };
}

/** Cells that are not of their column's kind. */
export interface CellList extends Omit<RowList, "add"> {
  /** Counts a cell; `row` is only called where the row is kept, and should carry the cell as its `value`. */
  add(cell: string, row: () => DataRow): void;
  /**
   * What `cell-kind` says of all of them: how many, the one text they all are (`na`), or the first of numbers that all
   * have a decimal comma or commas between thousands (`comma`).
   */
  readonly facts: { readonly cells: number; readonly na?: string; readonly comma?: string };
}

export function cellList(most = mostKept): CellList {
  const list = rowList(most);
  let first: string | undefined;
  let one = true;
  let commas = true;
  return {
    get count() {
      return list.count;
    },
    rows: list.rows,
    add(cell, row) {
      first ??= cell;
      one &&= cell === first;
      commas &&= commaNumber.test(cell.trim());
      list.add(row);
    },
    get facts() {
      const cells = list.count;
      if (first === undefined) return { cells };
      if (commas) return { cells, comma: first };
      return one ? { cells, na: first } : { cells };
    },
  };
}

const commaNumber = /^[+-]?(?:\d{1,3}(?:\.\d{3})+|\d*),\d+$|^[+-]?\d{1,3}(?:,\d{3}){2,}$/;
