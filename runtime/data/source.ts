/**
 * A table that is open: from a plan's source to rows in DuckDB that are handed out in pieces. The table never lies in
 * JavaScript; a large one lies in a file of its own, so that memory does not grow with it. Names of rows (ids) are looked
 * up for messages only. Knows nothing of modalities; load.ts reads the source.
 */
import { rmSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { totalmem } from "node:os";
import path from "node:path";
import type { DataRow } from "../../diagnostics/diagnostic.ts";
import type { SourcePlan } from "../../plan/plan.ts";
import { type Codes, codesOf, emptyIn, type Repeated, repeatedIn } from "./column-facts.ts";
import { type Database, openDatabase } from "./duckdb.ts";
import {
  applyWhere,
  type Column,
  fileColumn,
  loadFiles,
  loadFolders,
  loadQuery,
  rowColumn,
  tableName,
} from "./load.ts";
import { problem } from "./problems.ts";
import { readCells } from "./read-cells.ts";
import { rowNames } from "./row-names.ts";
import { isFolders, nearFile, type SourceFile, sourceFiles, sourceName } from "./source-files.ts";
import { diskFull, outOfMemory } from "./unreadable.ts";

/** A table that has been read; its rows are numbered from 0 here, whatever they are in their files. */
export interface Table {
  /** What messages call it. */
  readonly path: string;
  /** Where its media are if the plan does not say. */
  readonly folder: string;
  /** All columns there are, also those that were not asked for. */
  readonly columns: readonly string[];
  readonly rows: number;
  /** Row number in its file, from 1 without the header. */
  readonly rowNumbers: Int32Array;
  /** Index into `files` by row. */
  readonly fileOf: Uint8Array;
  readonly files: readonly SourceFile[];
  /** Whether every file has the column. */
  has(column: string): boolean;
  /** The file that lacks a column, as messages call it, with the columns it has: the table's own name, or, of several files, the first without it. */
  without(column: string): { readonly path: string; readonly columns: readonly string[] };
  /** Whether a column's cells are bytes; they are then visited as `hash:size` and read one by one. */
  holdsBytes(column: string): boolean;
  /** The bytes in a cell; none where it is empty. */
  bytes(column: string, row: number): Promise<Buffer>;
  /** Visits the columns' cells as text, in chunks of rows, from the row `start` on. */
  visit(
    columns: readonly string[],
    each: (cells: readonly Cells[], start: number) => void | Promise<void>,
  ): Promise<void>;
  /** A column's cells, blanks around them taken off, as numbers: equal cells have equal ones, from 0 by first row; -1 is empty. */
  codes(column: string, names?: readonly string[] | "all"): Promise<Codes>;
  /** What occurs more than once in a column, with its rows, at most so many of them, those of one value together. */
  repeated(column: string, most: number): Promise<Repeated>;
  /** How many cells of a column are empty, and the first of their rows, at most so many. */
  empty(column: string, most: number): Promise<{ readonly count: number; readonly rows: readonly number[] }>;
  /** Names rows by a column from now on; where it is empty, and without it, the row number names them. */
  nameBy(column: string): void;
  /** The names of rows, in their order. */
  ids(rows: Int32Array): Promise<string[]>;
  /** How a row is named in messages. Its id comes with `nameRows`. */
  row(index: number, more?: Partial<DataRow>): DataRow;
  /** Completes the rows that were given out since with their ids. */
  nameRows(): Promise<void>;
  close(): Promise<void>;
}

export type Cells = readonly (string | null)[];

export interface TableOptions {
  readonly base: string;
  readonly header?: false;
  readonly where?: string;
  /** Of the columns there are, those that will be read; without it, all. */
  readonly columns?: (names: readonly string[]) => readonly string[];
  /** Makes a folder for a large table; without it, all is in memory. */
  readonly aside?: () => string;
  readonly signal?: AbortSignal;
}

/**
 * Reads a source.
 * @throws DataError source-missing, table-unreadable, not-text, file-too-large, query-error, no-rows; the signal's reason
 */
export async function openTable(source: SourcePlan, options: TableOptions): Promise<Table> {
  const files = sourceFiles(source, options.base);
  for (const file of files) {
    if (!exists(file.absolute)) {
      throw problem("source-missing", about, {
        path: file.shown,
        columns: false,
        near: nearFile(file.shown, file.absolute, isFolders(source)),
        base: options.base,
        severe: true,
      });
    }
  }
  const aside = isLarge(source, files) ? options.aside?.() : undefined;
  if (aside !== undefined) remember(aside);
  try {
    return await openWithin(source, options, files, aside, 0);
  } catch (error) {
    await forget(aside);
    if (diskFull(error)) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
    throw error;
  }
}

const about = { statement: "data", property: "source" } as const;

/** Up to so many bytes a table is read into memory. */
const mostInMemory = 16_000_000;
/** What DuckDB takes for itself; where that is not enough (a Parquet file of large pieces, a query), more is tried. */
const memories = [64, 256, 1024, 4096, 16384] as const;

/** What packed files unpack to is only known when they are read; what a query gives, too. */
function isLarge(source: SourcePlan, files: readonly SourceFile[]): boolean {
  if (typeof source === "object" && "query" in source) return true;
  const bytes = files.reduce((sum, file) => {
    const packed = /\.(?:gz|parquet|pq)$/i.test(file.absolute);
    return sum + (statSync(file.absolute).isFile() ? statSync(file.absolute).size : 0) * (packed ? 8 : 1);
  }, 0);
  return bytes > mostInMemory;
}

/** Folders of tables that are open, for a process that ends before it closes them. */
const open = new Set<string>();

function remember(folder: string): void {
  if (open.size === 0) process.once("exit", forgetAll);
  open.add(folder);
}

function forgetAll(): void {
  for (const folder of open) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // It goes when the cache is swept.
    }
  }
}

async function forget(aside: string | undefined): Promise<void> {
  if (aside === undefined) return;
  open.delete(aside);
  if (open.size === 0) process.off("exit", forgetAll);
  await rm(aside, { recursive: true, force: true });
}

async function openWithin(
  source: SourcePlan,
  options: TableOptions,
  files: readonly SourceFile[],
  aside: string | undefined,
  attempt: number,
): Promise<Table> {
  const memory = memories[attempt]!;
  const more = attempt + 1 < memories.length && memories[attempt + 1]! * 1e6 < totalmem();
  const database = await openDatabase(options.base, {
    // Rows come in their order, and faster: several threads would hold back what comes too early.
    threads: 1,
    ...(aside === undefined ? {} : { aside, memory: `${memory}MB` }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    return await readTable(database, source, options, files, aside);
  } catch (error) {
    database.close();
    if (aside === undefined || !more || !outOfMemory(error)) throw error;
    rmSync(path.join(aside, "table.duckdb"), { force: true });
    rmSync(path.join(aside, "table.duckdb.wal"), { force: true });
    return openWithin(source, options, files, aside, attempt + 1);
  }
}

async function readTable(
  database: Database,
  source: SourcePlan,
  options: TableOptions,
  files: readonly SourceFile[],
  aside: string | undefined,
): Promise<Table> {
  const shownName = sourceName(source);
  const wanted = {
    ...(options.columns === undefined ? {} : { columns: options.columns }),
    ...(options.where === undefined ? {} : { where: options.where }),
  };
  let columns: Column[];
  if (typeof source === "object" && "query" in source) columns = await loadQuery(database, source.query, wanted);
  else if (isFolders(source)) columns = await loadFolders(database, files[0]!);
  else columns = await loadFiles(database, files, options.header !== false, wanted);

  const [[all]] = (await database.rows(`SELECT count(*) FROM ${tableName}`)) as [[bigint]];
  if (Number(all) === 0) throw problem("no-rows", about, { path: shownName, why: "empty" });
  if (options.where !== undefined) columns = await applyWhere(database, options.where, columns, wanted);
  const { rowNumbers, fileOf } = await placesOf(database);
  const rows = rowNumbers.length;
  if (rows === 0) throw problem("no-rows", { statement: "data", property: "where" }, { path: shownName, why: "where" });

  const byName = new Map(columns.map((column) => [column.name, column]));
  const columnOf = (name: string): Column => {
    const column = byName.get(name);
    if (column?.loaded !== true) throw new Error(`column ${name} of ${shownName} was not asked for`);
    return column;
  };
  const folder =
    files[0] === undefined ? options.base : isFolders(source) ? files[0].absolute : path.dirname(files[0].absolute);
  const names = rowNames(database, (column) => columnOf(column).text, rowNumbers, options.signal);
  let cellBytes: Promise<number> | undefined;
  return {
    path: shownName,
    folder,
    columns: columns.map((column) => column.name),
    rows,
    rowNumbers,
    fileOf,
    files,
    has: (column) => byName.get(column) !== undefined && byName.get(column)?.lackedBy === undefined,
    without(column) {
      const file = byName.get(column)?.lackedBy?.[0];
      const all = columns.map((one) => one.name);
      if (file === undefined) return { path: shownName, columns: all };
      return { path: file.shown, columns: all.filter((_, i) => columns[i]!.lackedBy?.includes(file) !== true) };
    },
    holdsBytes: (column) => byName.get(column)?.bytes !== undefined,
    async bytes(column, row) {
      const [found] = await database.rows(`SELECT ${columnOf(column).bytes} FROM ${tableName} WHERE rowid = ${row}`);
      const blob = found?.[0] as { readonly bytes: Uint8Array } | null | undefined;
      return Buffer.from(blob?.bytes ?? []);
    },
    async visit(wantedColumns, each) {
      const expressions = wantedColumns.map((name) => columnOf(name).text);
      cellBytes ??= bytesOfCell(database, columns);
      const step = chunkRows(await cellBytes, expressions.length);
      const read = (start: number): Promise<Cells[]> =>
        readCells(database, expressions, `rowid >= ${start} AND rowid < ${start + step}`);
      let next: Promise<Cells[]> | undefined = read(0);
      for (let start = 0; start < rows; start += step) {
        options.signal?.throwIfAborted();
        const cells = await next!;
        // The next cells are fetched while these are looked at.
        next = start + step < rows ? read(start + step) : undefined;
        // Nobody may be left to wait for them.
        next?.catch(() => {});
        await each(cells, start);
      }
    },
    codes: (column, wantedNames) => codesOf(database, columnOf(column).text, rows, wantedNames ?? []),
    repeated: (column, most) => repeatedIn(database, columnOf(column).text, most),
    empty: (column, most) => emptyIn(database, columnOf(column).text, most),
    nameBy: (column) => names.nameBy(column),
    ids: (wantedRows) => names.ids(wantedRows),
    row(index, more) {
      const table = files[fileOf[index]!]?.shown ?? shownName;
      return names.row(index, { table, row: rowNumbers[index]! }, more);
    },
    nameRows: () => names.nameRows(),
    async close() {
      database.close();
      await forget(aside);
    },
  };
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** The file and the row number of every row. */
async function placesOf(database: Database): Promise<{ rowNumbers: Int32Array; fileOf: Uint8Array }> {
  const [[count]] = (await database.rows(`SELECT count(*) FROM ${tableName}`)) as [[bigint]];
  const rowNumbers = new Int32Array(Number(count));
  const fileOf = new Uint8Array(rowNumbers.length);
  for (let start = 0; start < rowNumbers.length; start += mostRows) {
    const range = `rowid >= ${start} AND rowid < ${start + mostRows}`;
    const [file, row] = await database.columns(`SELECT ${fileColumn}, ${rowColumn} FROM ${tableName} WHERE ${range}`);
    fileOf.set(file as number[], start);
    rowNumbers.set(row as number[], start);
  }
  return { rowNumbers, fileOf };
}

const mostRows = 16384;
const mostCells = 262_144;
const mostChunk = 8_000_000;

/** Rows that are handed out at once: few where there are many columns or long cells. */
function chunkRows(bytes: number, columns: number): number {
  const rows = Math.min(mostRows, mostCells / Math.max(1, columns), mostChunk / Math.max(1, bytes * columns));
  return Math.max(64, Math.floor(rows));
}

/** The mean length of the cells of the longest column, in the first rows. */
async function bytesOfCell(database: Database, columns: readonly Column[]): Promise<number> {
  const all = columns.flatMap((column) => (column.loaded && column.bytes === undefined ? [column.text] : []));
  // Of thousands of columns some will do.
  const every = Math.ceil(all.length / 200);
  const texts = all.filter((_, i) => i % every === 0);
  if (texts.length === 0) return 1;
  const lengths = texts.map((text) => `avg(strlen(${text}))`).join(", ");
  const [found] = (await database.rows(
    `SELECT greatest(0, ${lengths}) FROM (SELECT * FROM ${tableName} WHERE rowid < 1000)`,
  )) as [[number | null]];
  return found[0] ?? 1;
}
