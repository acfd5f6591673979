/**
 * A private DuckDB: opened lazily, in memory or in a file of its own, with little memory and without extensions from the
 * network, and with everything that comes from a spec or a table quoted. Knows SQL, not specs.
 */
import path from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";

export interface Database {
  /** Runs statements that give nothing back. */
  run(sql: string): Promise<void>;
  /** All rows of a result, values as DuckDB gives them. */
  rows(sql: string): Promise<unknown[][]>;
  /** All values of a result by column. */
  columns(sql: string): Promise<unknown[][]>;
  /** The values of a result by column, a piece at a time, for results that are never held whole. */
  pieces(sql: string, each: (columns: unknown[][]) => void): Promise<void>;
  /** How many statements a text holds; throws where it is not SQL. */
  statements(sql: string): Promise<number>;
  readonly connection: DuckDBConnection;
  /** Throws the signal's reason where it was stopped: what failed then says nothing of the data. */
  throwIfStopped(): void;
  close(): void;
}

export interface DatabaseOptions {
  readonly threads?: number;
  /** A folder for the database and for what it has no memory for; without it all is in memory. */
  readonly aside?: string;
  /** What it takes for itself: `64MB`. */
  readonly memory?: string;
  /** Stops what is running. */
  readonly signal?: AbortSignal;
}

/** Opens a database. Relative file names in its SQL start at `folder`. */
export async function openDatabase(folder: string, options: DatabaseOptions = {}): Promise<Database> {
  const { threads, aside, memory, signal } = options;
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(aside === undefined ? ":memory:" : path.join(aside, "table.duckdb"), {
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
    allow_unsigned_extensions: "false",
    // Otherwise what does not fit into memory goes into a folder beside the user's files.
    temp_directory: aside === undefined ? "" : path.join(aside, "spill"),
    ...(memory === undefined ? {} : { memory_limit: memory }),
    ...(threads === undefined ? {} : { threads: String(Math.max(1, threads)) }),
  });
  const connection = await instance.connect();
  await connection.run(`SET file_search_path = ${quoteText(folder)}`);
  // Rows are read a few times and thrown away: packing them would take longer than all of it.
  if (aside !== undefined) await connection.run("SET force_compression = 'uncompressed'");
  let running = 0;
  /** Until nothing runs: what has not begun when it is interrupted does not hear of it. The process must not end before. */
  const stop = (): void => {
    if (running === 0) return;
    connection.interrupt();
    setTimeout(stop, 20);
  };
  signal?.addEventListener("abort", stop);
  /** What an abort interrupts ends with the abort's own reason; nothing begins after it. */
  const heard = async <T>(work: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted();
    running++;
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      running--;
    }
  };
  return {
    connection,
    run: async (sql) => {
      await heard(() => connection.run(sql));
    },
    rows: async (sql) => (await heard(() => connection.runAndReadAll(sql))).getRows() as unknown[][],
    columns: async (sql) => (await heard(() => connection.runAndReadAll(sql))).getColumns() as unknown[][],
    async pieces(sql, each) {
      const result = await heard(() => connection.stream(sql));
      for (;;) {
        const chunk = await heard(() => result.fetchChunk());
        if (chunk === null || chunk.rowCount === 0) return;
        each(chunk.getColumns() as unknown[][]);
      }
    },
    throwIfStopped: () => signal?.throwIfAborted(),
    statements: async (sql) => (await connection.extractStatements(sql)).count,
    close() {
      running = 0;
      signal?.removeEventListener("abort", stop);
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

// What `String.prototype.trim` takes off, which is more than a space.
const blanks =
  "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";

/** SQL of a text without blanks around it, as JavaScript trims; null where nothing is left. */
export function trimmed(text: string): string {
  // Taking off a set of characters is slow: most cells show at both ends that they have none of them.
  const bare = (end: string): string => `(ord(${end}) BETWEEN 33 AND 126 OR ord(${end}) BETWEEN 12289 AND 65278)`;
  return `CASE WHEN ${bare(text)} AND ${bare(`right(${text}, 1)`)} THEN ${text} ELSE nullif(trim(${text}, ${quoteText(blanks)}), '') END`;
}

/** The first line of DuckDB's message and the place it marks, without its own prefix and advice. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.split("\n")[0]!.trim();
  if (/extension ["']?httpfs/.test(text)) return "it reads from the network, and a query here reads files only";
  const extension = /(?:requires the extension|required extension) ["']?(\w+)/.exec(text)?.[1];
  if (extension !== undefined) return `it needs DuckDB's extension ${extension}, which is not here`;
  const near = /^LINE \d+: (.*)$/m.exec(text)?.[1];
  const caret = /^( *)\^ *$/m.exec(text)?.[1];
  const plain = line
    .replace(/^(?:Failed to extract statements: )?(?:[A-Z][\w-]*(?: [A-Za-z-]+){0,2} Error: )?/, "")
    .replace(/!$/, "");
  if (near === undefined || caret === undefined || /near "/.test(plain)) return plain;
  const at = near
    .slice(Math.max(0, caret.length - "LINE 1: ".length))
    .slice(0, 30)
    .trim();
  return at === "" ? plain : `${plain} (at \`${at}\`)`;
}
