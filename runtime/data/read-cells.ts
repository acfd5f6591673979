/**
 * Cells of a range of rows as text, fast: a column comes as one piece of bytes that is cut here, because asking for each
 * text by itself takes several times as long. Each text stands for itself: none keeps the piece in memory.
 */
import type { Database } from "./duckdb.ts";
import { tableName } from "./load.ts";

/** Between cells, and in place of one that is null; a column that has them in its texts is read one by one. */
const between = 1;
const nothing = 2;

/**
 * The cells of some columns, `texts` being their SQL, in the order of rows.
 * @param where the rows; there is at least one. The database works on one thread, or they would come in any order.
 */
export async function readCells(
  database: Database,
  texts: readonly string[],
  where: string,
): Promise<(string | null)[][]> {
  if (texts.length === 0) return [];
  const pieces = texts.flatMap((text) => [
    `encode(string_agg(coalesce(${text}, chr(${nothing})), chr(${between})))`,
    `count(*) FILTER (${text} = chr(${nothing}) OR contains(${text}, chr(${between})))`,
  ]);
  const [found] = await database.rows(`SELECT ${pieces.join(", ")} FROM ${tableName} WHERE ${where}`);
  const columns: (string | null)[][] = [];
  for (const [c, text] of texts.entries()) {
    const piece = found![2 * c] as { readonly bytes: Uint8Array };
    if (found![2 * c + 1] === 0n) columns.push(cutCells(piece.bytes));
    else {
      const [cells] = await database.columns(`SELECT ${text} FROM ${tableName} WHERE ${where}`);
      columns.push(cells as (string | null)[]);
    }
  }
  return columns;
}

function cutCells(bytes: Uint8Array): (string | null)[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cells: (string | null)[] = [];
  for (let start = 0; start <= buffer.length; ) {
    const found = buffer.indexOf(between, start);
    const end = found === -1 ? buffer.length : found;
    const none = end === start + 1 && buffer[start] === nothing;
    cells.push(none ? null : buffer.toString("utf8", start, end));
    start = end + 1;
  }
  return cells;
}
