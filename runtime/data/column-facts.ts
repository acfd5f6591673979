/** What is asked of a whole column and answered in SQL, so that its cells never lie in JavaScript. */
import { type Database, quoteText, trimmed } from "./duckdb.ts";
import { tableName } from "./load.ts";

export interface Codes {
  readonly codes: Int32Array;
  /** How many different ones there are. */
  readonly values: number;
  /** The values that were asked for by their codes; of names, those that the column has. */
  readonly names: readonly (string | undefined)[];
}

export interface Repeated {
  /** Different values that occur more than once, and all their rows. */
  readonly values: number;
  readonly count: number;
  readonly rows: readonly { readonly row: number; readonly value: string }[];
}

/** A column's cells as numbers; `text` is the SQL of its cells. */
export async function codesOf(
  database: Database,
  text: string,
  rows: number,
  wanted: readonly string[] | "all",
): Promise<Codes> {
  const dictionary = "mmfc_codes";
  const value = trimmed(text);
  await database.run(
    `CREATE OR REPLACE TEMP TABLE ${dictionary} AS SELECT value, (row_number() OVER (ORDER BY first) - 1)::INTEGER AS code
     FROM (SELECT ${value} AS value, min(rowid) AS first FROM ${tableName} GROUP BY 1) WHERE value IS NOT NULL`,
  );
  try {
    const codes = new Int32Array(rows).fill(-1);
    const join = `SELECT t.rowid::INTEGER, d.code FROM (SELECT rowid, ${value} AS value FROM ${tableName}) t JOIN ${dictionary} d USING (value)`;
    await database.pieces(join, ([at, code]) => {
      for (let i = 0; i < at!.length; i++) codes[at![i] as number] = code![i] as number;
    });
    const [[values]] = (await database.rows(`SELECT count(*) FROM ${dictionary}`)) as [[bigint]];
    const names = new Array<string | undefined>(wanted === "all" ? Number(values) : 0);
    if (wanted.length > 0) {
      const which = wanted === "all" ? "" : ` WHERE value IN (${wanted.map(quoteText).join(", ")})`;
      await database.pieces(`SELECT value, code FROM ${dictionary}${which}`, ([value, code]) => {
        for (let i = 0; i < value!.length; i++) names[code![i] as number] = value![i] as string;
      });
    }
    return { codes, values: Number(values), names };
  } finally {
    await database.run(`DROP TABLE IF EXISTS ${dictionary}`);
  }
}

/** What occurs more than once. */
export async function repeatedIn(database: Database, text: string, most: number): Promise<Repeated> {
  const twice = "mmfc_twice";
  await database.run(
    `CREATE OR REPLACE TEMP TABLE ${twice} AS SELECT ${trimmed(text)} AS value, min(rowid) AS first, count(*) AS times
     FROM ${tableName} GROUP BY 1 HAVING count(*) > 1 AND value IS NOT NULL`,
  );
  try {
    const [[values, count]] = (await database.rows(
      `SELECT count(*), coalesce(sum(times), 0)::BIGINT FROM ${twice}`,
    )) as [[bigint, bigint]];
    const found =
      values === 0n
        ? []
        : await database.rows(
            `SELECT t.at, t.value FROM (SELECT rowid::INTEGER AS at, ${trimmed(text)} AS value FROM ${tableName}) t
             JOIN ${twice} d USING (value) ORDER BY d.first, t.at LIMIT ${most}`,
          );
    const rows = (found as [number, string][]).map(([row, value]) => ({ row, value }));
    return { values: Number(values), count: Number(count), rows };
  } finally {
    await database.run(`DROP TABLE IF EXISTS ${twice}`);
  }
}

/** Cells without a value. */
export async function emptyIn(
  database: Database,
  text: string,
  most: number,
): Promise<{ count: number; rows: number[] }> {
  const from = `FROM ${tableName} WHERE ${trimmed(text)} IS NULL`;
  const [[count]] = (await database.rows(`SELECT count(*) ${from}`)) as [[bigint]];
  if (count === 0n) return { count: 0, rows: [] };
  const found = await database.rows(`SELECT rowid::INTEGER ${from} ORDER BY rowid LIMIT ${most}`);
  return { count: Number(count), rows: (found as [number][]).map(([row]) => row) };
}
