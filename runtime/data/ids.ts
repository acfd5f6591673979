/** Names of rows: the plan's id column, else `id`, else the row number. */
import type { DataRow } from "../../diagnostics/diagnostic.ts";
import { near } from "../../diagnostics/near.ts";
import { isEmpty } from "./cells.ts";
import type { Problems } from "./problems.ts";
import type { Table } from "./source.ts";

/** Ids by row; `named` if a column gives them. Reports column-missing, empty-cell and duplicate-id (not for new rows). */
export async function readIds(
  wanted: string | undefined,
  table: Table,
  problems: Problems,
  predicting: boolean,
): Promise<{ ids: string[]; named: boolean }> {
  const numbers = (): string[] => Array.from(table.rowNumbers, String);
  const column = wanted ?? "id";
  const about = { statement: "data", property: "id", column };
  if (!table.has(column)) {
    // A table of new rows may do without.
    if (wanted !== undefined && !predicting) {
      problems.add("column-missing", about, {
        path: table.path,
        column,
        near: near(column, table.columns),
        own: false,
      });
    }
    return { ids: numbers(), named: false };
  }
  const ids: string[] = new Array<string>(table.rows);
  const empty: DataRow[] = [];
  const first = new Map<string, number>();
  const repeated = new Map<string, number[]>();
  await table.visit([column], ([cells], start) => {
    cells!.forEach((cell, i) => {
      const row = start + i;
      const id = isEmpty(cell) ? String(table.rowNumbers[row]) : cell!.trim();
      if (isEmpty(cell)) empty.push(table.row(row));
      ids[row] = id;
      const before = first.get(id);
      if (before === undefined) first.set(id, row);
      else if (repeated.has(id)) repeated.get(id)!.push(row);
      else repeated.set(id, [before, row]);
    });
  });
  if (!predicting && empty.length > 0)
    problems.add("empty-cell", about, { rows: empty.length, column, of: "data" }, empty);
  if (!predicting && repeated.size > 0) {
    const rows = [...repeated].flatMap(([id, list]) => list.map((row) => table.row(row, { id })));
    problems.add("duplicate-id", about, { ids: repeated.size }, rows);
  }
  return { ids, named: true };
}
