/**
 * A private DuckDB: opened lazily, in memory, without extensions from the network, and with everything that comes from a
 * spec or a table quoted. Knows SQL, not specs.
 */
import type { DuckDBConnection } from "@duckdb/node-api";

export interface Database {
  /** Runs statements that give nothing back. */
  run(sql: string): Promise<void>;
  /** All rows of a result, values as DuckDB gives them. */
  rows(sql: string): Promise<unknown[][]>;
  /** All values of a result by column. */
  columns(sql: string): Promise<unknown[][]>;
  /** How many statements a text holds; throws where it is not SQL. */
  statements(sql: string): Promise<number>;
  readonly connection: DuckDBConnection;
  close(): void;
}

/** Opens a database. Relative file names in its SQL start at `folder`; `threads` bounds its work. */
export async function openDatabase(folder: string, threads?: number): Promise<Database> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", {
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
    ...(threads === undefined ? {} : { threads: String(Math.max(1, threads)) }),
  });
  const connection = await instance.connect();
  await connection.run(`SET file_search_path = ${quoteText(folder)}`);
  return {
    connection,
    run: async (sql) => {
      await connection.run(sql);
    },
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRows() as unknown[][],
    columns: async (sql) => (await connection.runAndReadAll(sql)).getColumns() as unknown[][],
    statements: async (sql) => (await connection.extractStatements(sql)).count,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A text as an SQL literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as an SQL identifier. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The first line of DuckDB's message and the place it marks, without its own prefix and advice. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.split("\n")[0]!.trim();
  const near = /^LINE \d+: (.*)$/m.exec(text)?.[1];
  const caret = /^( *)\^ *$/m.exec(text)?.[1];
  const plain = line.replace(
    /^(Parser|Binder|Catalog|Conversion|Invalid Input|IO|Not implemented|Out of Range) Error: /,
    "",
  );
  if (near === undefined || caret === undefined || /near "/.test(plain)) return plain;
  const at = near
    .slice(Math.max(0, caret.length - "LINE 1: ".length))
    .slice(0, 30)
    .trim();
  return at === "" ? plain : `${plain} (at \`${at}\`)`;
}
