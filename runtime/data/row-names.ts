/** How rows are named in messages and predictions: by their ids, which are looked up when they are needed, and only those. */
import type { DataRow } from "../../diagnostics/diagnostic.ts";
import { type Database, trimmed } from "./duckdb.ts";
import { tableName } from "./load.ts";

export interface RowNames {
  /** Names rows by a column from now on. */
  nameBy(column: string): void;
  /** The names of rows, in their order. */
  ids(rows: Int32Array): Promise<string[]>;
  /** A row as messages have it; its id comes with `nameRows`. */
  row(index: number, place: Pick<DataRow, "table" | "row">, more: Partial<DataRow> | undefined): DataRow;
  /** Completes the rows that were given out since with their ids. */
  nameRows(): Promise<void>;
}

/** Rows that are read at once. */
const mostRows = 16384;

/** Cells in messages are cut here: nobody reads more. */
const mostValue = 1000;

type Named = { -readonly [key in keyof DataRow]: DataRow[key] };

/** Names rows by their ids, which are read when they are needed, and only those. */
export function rowNames(
  database: Database,
  textOf: (column: string) => string,
  rowNumbers: Int32Array,
  signal: AbortSignal | undefined,
): RowNames {
  let text: string | undefined;
  const unnamed = new Map<Named, number>();
  /** The ids of rows; undefined where there is none. */
  const idsOf = async (rows: Int32Array): Promise<(string | undefined)[]> => {
    const names = new Array<string | undefined>(rows.length).fill(undefined);
    if (text === undefined || rows.length === 0) return names;
    const value = trimmed(text);
    const places = new Map<number, number[]>();
    const few = rows.length * 20 < rowNumbers.length;
    if (few) {
      rows.forEach((row, i) => {
        const list = places.get(row);
        if (list === undefined) places.set(row, [i]);
        else list.push(i);
      });
      const wanted = [...places.keys()].sort((a, b) => a - b);
      for (let start = 0; start < wanted.length; start += 1000) {
        const list = wanted.slice(start, start + 1000).join(", ");
        const found = await database.rows(`SELECT rowid::INTEGER, ${value} FROM ${tableName} WHERE rowid IN (${list})`);
        for (const [row, name] of found as [number, string | null][])
          if (name !== null) for (const i of places.get(row)!) names[i] = name;
      }
      return names;
    }
    // Which row a place is of, in table order.
    const order = Int32Array.from(rows, (_, i) => i).sort((a, b) => rows[a]! - rows[b]!);
    let at = 0;
    for (let start = 0; start < rowNumbers.length; start += mostRows) {
      signal?.throwIfAborted();
      const range = `rowid >= ${start} AND rowid < ${start + mostRows}`;
      const [found] = await database.columns(`SELECT ${value} FROM ${tableName} WHERE ${range}`);
      for (; at < order.length && rows[order[at]!]! < start + mostRows; at++) {
        const name = found![rows[order[at]!]! - start] as string | null;
        if (name !== null) names[order[at]!] = name;
      }
    }
    return names;
  };
  return {
    nameBy(column) {
      text = textOf(column);
    },
    async ids(rows) {
      const names = await idsOf(rows);
      return names.map((name, i) => name ?? String(rowNumbers[rows[i]!]!));
    },
    row(index, place, more) {
      const value =
        more?.value !== undefined && more.value.length > mostValue
          ? { value: `${more.value.slice(0, mostValue)}…` }
          : {};
      if (text === undefined || more?.id !== undefined) return { ...place, ...more, ...value };
      // The place of the id is kept, so that rows are written the same whenever it comes.
      const row: Named = { ...place, id: String(rowNumbers[index]!), ...more, ...value };
      unnamed.set(row, index);
      return row;
    },
    async nameRows() {
      const rows = [...unnamed.keys()];
      const names = await idsOf(Int32Array.from(unnamed.values()));
      unnamed.clear();
      rows.forEach((row, i) => {
        if (names[i] === undefined) delete row.id;
        else row.id = names[i];
      });
    },
  };
}
