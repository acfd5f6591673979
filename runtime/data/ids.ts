/** Names of rows: the plan's id column, else `id`, else the row number. Checks them; source.ts looks them up. */
import { near } from "../../diagnostics/near.ts";
import type { Problems } from "./problems.ts";
import { mostKept } from "./rows.ts";
import type { Table } from "./source.ts";

/** Names the table's rows. Reports column-missing, empty-cell and duplicate-id (not for new rows). */
export async function readIds(
  wanted: string | undefined,
  table: Table,
  problems: Problems,
  predicting: boolean,
): Promise<void> {
  const column = wanted ?? "id";
  const about = { statement: "data", property: "id", column };
  if (!table.has(column)) {
    // A table of new rows may do without, and so may a table with another name for its ids.
    if (wanted !== undefined && !predicting) {
      const { path, columns } = table.without(column);
      const facts = { path, column, near: near(column, columns), own: false };
      problems.add("column-missing", about, facts);
    }
    return;
  }
  table.nameBy(column);
  if (predicting) return;
  const empty = await table.empty(column, mostKept);
  if (empty.count > 0) {
    const rows = { count: empty.count, rows: empty.rows.map((row) => table.row(row)) };
    problems.add("empty-cell", about, { rows: empty.count, column, of: "data" }, rows);
  }
  const repeated = await table.repeated(column, mostKept);
  if (repeated.values === 0) return;
  const rows = { count: repeated.count, rows: repeated.rows.map(({ row, value }) => table.row(row, { id: value })) };
  problems.add("duplicate-id", about, { ids: repeated.values }, rows);
}
