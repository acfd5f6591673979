/**
 * From a plan's source to a table in DuckDB: CSV, TSV, JSON lines, Parquet, a query, files by part, a folder of class
 * folders. Text formats are read as text, so that ids and labels keep their writing; the table never lies in JavaScript,
 * its columns are handed out in chunks of rows. Knows nothing of modalities.
 */
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import type { DataRow } from "../../diagnostics/diagnostic.ts";
import { near } from "../../diagnostics/near.ts";
import type { PartName, SourcePlan } from "../../plan/plan.ts";
import { compareText, sortLabels } from "./cells.ts";
import { dialectOf, firstBadRecord, notText, readHead } from "./csv.ts";
import { type Database, firstLine, openDatabase, quoteName, quoteText } from "./duckdb.ts";
import { problem } from "./problems.ts";

export type TableFormat = "delimited" | "json" | "parquet" | "folders";

/** One file of a source. */
export interface SourceFile {
  /** As the user would type it. */
  readonly shown: string;
  readonly absolute: string;
  readonly part?: PartName;
}

/** A table that has been read; its rows are numbered from 0 here, whatever they are in their files. */
export interface Table {
  /** What messages call it. */
  readonly path: string;
  /** Where its media are if the plan does not say. */
  readonly folder: string;
  readonly columns: readonly string[];
  readonly rows: number;
  /** Row number in its file, from 1 without the header. */
  readonly rowNumbers: Int32Array;
  /** Index into `files` by row. */
  readonly fileOf: Uint8Array;
  readonly files: readonly SourceFile[];
  has(column: string): boolean;
  /** Whether a column's cells are bytes; they are then visited as `hash:size` and read one by one. */
  holdsBytes(column: string): boolean;
  /** The bytes in a cell; none where it is empty. */
  bytes(column: string, row: number): Promise<Buffer>;
  /** Visits the columns' cells as text, in chunks of rows, from the row `start` on. */
  visit(
    columns: readonly string[],
    each: (cells: readonly Cells[], start: number) => void | Promise<void>,
  ): Promise<void>;
  /** How a row is named in messages. */
  row(index: number, more?: Partial<DataRow>): DataRow;
  /** Ids by row once they are known; messages then carry them. */
  named(ids: readonly string[]): void;
  close(): void;
}

export type Cells = readonly (string | null)[];

const chunkRows = 16384;

/** The format that a file's name says, or why it is none. */
export function formatOf(file: string): TableFormat | { why: string } {
  const name = file.replace(/\.gz$/i, "");
  const ending = path.extname(name).toLowerCase();
  if ([".csv", ".tsv", ".txt"].includes(ending)) return "delimited";
  if ([".jsonl", ".ndjson", ".json"].includes(ending)) return "json";
  if ([".parquet", ".pq"].includes(ending)) return "parquet";
  return { why: `${ending === "" ? "a file without an ending" : ending} is not a table format here` };
}

/** The files of a source, in the order of their rows; none for a query. */
export function sourceFiles(source: SourcePlan, base: string): SourceFile[] {
  const file = (shown: string, part?: PartName): SourceFile => ({
    shown,
    absolute: path.resolve(base, shown),
    ...(part === undefined ? {} : { part }),
  });
  if (typeof source === "string") return [file(source)];
  if ("files" in source) {
    const parts: readonly PartName[] = ["train", "validation", "test"];
    return parts.flatMap((part) => (source.files[part] === undefined ? [] : [file(source.files[part], part)]));
  }
  if ("folders" in source) return [file(source.folders)];
  return [];
}

/** What messages call a source. */
export function sourceName(source: SourcePlan): string {
  if (typeof source === "string") return source;
  if ("query" in source) return "the query";
  if ("folders" in source) return source.folders;
  return Object.values(source.files)
    .filter((one) => one !== undefined)
    .join(", ");
}

const tableEnding = /\.(?:csv|tsv|txt|jsonl|ndjson|json|parquet|pq)(?:\.gz)?$/i;

/** The nearest name in the folder of a table (or, with `any`, of a folder or archive) that is not there; never a spec. */
export function nearFile(shown: string, absolute: string, any = false): ReturnType<typeof near> | undefined {
  try {
    const names = readdirSync(path.dirname(absolute)).filter((name) =>
      any ? !name.endsWith(".mmf") : tableEnding.test(name),
    );
    const found = near(path.basename(absolute), names);
    const folder = shown.slice(0, shown.length - path.basename(shown).length);
    if (found.kind === "one") return { ...found, word: folder + found.word };
    if (found.kind === "few") return { kind: "few", words: found.words.map((word) => folder + word) };
    return undefined;
  } catch {
    return undefined;
  }
}

export interface TableOptions {
  readonly base: string;
  readonly header?: false;
  readonly where?: string;
  readonly threads?: number;
}

/**
 * Reads a source.
 * @throws DataError source-missing, table-unreadable, not-text, query-error, no-rows
 */
export async function openTable(source: SourcePlan, options: TableOptions): Promise<Table> {
  const database = await openDatabase(options.base, options.threads);
  try {
    return await readTable(database, source, options);
  } catch (error) {
    database.close();
    throw error;
  }
}

async function readTable(database: Database, source: SourcePlan, options: TableOptions): Promise<Table> {
  const files = sourceFiles(source, options.base);
  const about = { statement: "data", property: "source" } as const;
  const shownName = sourceName(source);
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
  let columns: Column[];
  if (typeof source === "object" && "query" in source) columns = await loadQuery(database, source.query);
  else if (typeof source === "object" && "folders" in source) columns = await loadFolders(database, files[0]!);
  else columns = await loadFiles(database, files, options.header !== false);

  const [[all]] = (await database.rows(`SELECT count(*) FROM ${tableName}`)) as [[bigint]];
  if (Number(all) === 0) throw problem("no-rows", about, { path: shownName, why: "empty" });
  if (options.where !== undefined) await applyWhere(database, options.where, columns);
  const numbers = await database.columns(`SELECT ${fileColumn}, ${rowColumn} FROM ${tableName} ORDER BY rowid`);
  const rows = numbers[0]?.length ?? 0;
  if (rows === 0) throw problem("no-rows", { statement: "data", property: "where" }, { path: shownName, why: "where" });

  const rowNumbers = Int32Array.from(numbers[1] as number[], Number);
  const fileOf = Uint8Array.from(numbers[0] as number[], Number);
  const byName = new Map(columns.map((column) => [column.name, column]));
  let ids: readonly string[] | undefined;
  const folder =
    files[0] === undefined ? options.base : isFolders(source) ? files[0].absolute : path.dirname(files[0].absolute);
  return {
    path: shownName,
    folder,
    columns: columns.map((column) => column.name),
    rows,
    rowNumbers,
    fileOf,
    files,
    has: (column) => byName.has(column),
    holdsBytes: (column) => byName.get(column)?.bytes !== undefined,
    async bytes(column, row) {
      const [found] = await database.rows(`SELECT ${byName.get(column)!.bytes} FROM ${tableName} WHERE rowid = ${row}`);
      const blob = found?.[0] as { readonly bytes: Uint8Array } | null | undefined;
      return Buffer.from(blob?.bytes ?? []);
    },
    async visit(wanted, each) {
      const expressions = wanted.map((name) => byName.get(name)!.text).join(", ");
      for (let start = 0; start < rows; start += chunkRows) {
        const range = `rowid >= ${start} AND rowid < ${start + chunkRows}`;
        const cells = await database.columns(`SELECT ${expressions} FROM ${tableName} WHERE ${range} ORDER BY rowid`);
        await each(cells as Cells[], start);
      }
    },
    row: (index, more) => ({
      table: files[fileOf[index]!]?.shown ?? shownName,
      row: rowNumbers[index]!,
      ...(ids === undefined ? {} : { id: ids[index]! }),
      ...more,
    }),
    named(known) {
      ids = known;
    },
    close: () => database.close(),
  };
}

const isFolders = (source: SourcePlan): boolean => typeof source === "object" && "folders" in source;

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

// Columns are c0, c1 … inside, because SQL does not tell "Name" from "name".
const tableName = "mmfc_rows";
const fileColumn = "mmfc_file";
const rowColumn = "mmfc_row";

interface Column {
  readonly name: string;
  /** Its SQL name in the table. */
  readonly inside: string;
  /** SQL of its cells as text. */
  readonly text: string;
  /** SQL of its bytes, where it holds bytes. */
  readonly bytes?: string;
  /** The type that `where` sees; without it, the one it has in the table. */
  readonly typed?: string;
}

/** SQL of the bytes of a BLOB column, or of the `{bytes, path}` struct of Hugging Face's data sets. */
function bytesIn(inside: string, type: string): string | undefined {
  if (type === "BLOB") return inside;
  return /^STRUCT\(.*\bbytes\b"? BLOB/.test(type) ? `${inside}.bytes` : undefined;
}

/** SQL that gives a column's cells as text; lists and structs as JSON, bytes as their hash and size. */
function asText(inside: string, type: string): string {
  if (type === "VARCHAR") return inside;
  const bytes = bytesIn(inside, type);
  if (bytes !== undefined) return `md5(${bytes}) || ':' || octet_length(${bytes})`;
  if (/\[\d*\]$|^(STRUCT|MAP|LIST)/.test(type)) return `CAST(to_json(${inside}) AS VARCHAR)`;
  return `CAST(${inside} AS VARCHAR)`;
}

function columnOf(name: string, inside: string, type: string): Column {
  const bytes = bytesIn(inside, type);
  return { name, inside, text: asText(inside, type), ...(bytes === undefined ? {} : { bytes }) };
}

async function loadFiles(database: Database, files: readonly SourceFile[], header: boolean): Promise<Column[]> {
  const described: { file: SourceFile; names: string[]; from: string; types?: string[] }[] = [];
  for (const file of files) described.push({ file, ...(await describeFile(database, file, header)) });
  const names = [...new Set(described.flatMap((one) => one.names))];
  const native = described.every((one) => formatOf(one.file.absolute) === "parquet");
  const types = new Map<string, string>();
  for (const one of described)
    for (const [i, name] of one.names.entries()) types.set(name, types.get(name) ?? one.types?.[i] ?? "VARCHAR");
  for (const [index, one] of described.entries()) {
    const select = names.map((name, i) => {
      const at = one.names.indexOf(name);
      const value =
        at === -1 ? "NULL" : quoteName(native || formatOf(one.file.absolute) !== "delimited" ? name : `c${at}`);
      const type = one.types?.[at];
      if (!native)
        return `${at !== -1 && type !== undefined && formatOf(one.file.absolute) === "parquet" ? asText(value, type) : `CAST(${value} AS VARCHAR)`} AS c${i}`;
      return `${value} AS c${i}`;
    });
    const query = `SELECT ${index}::UTINYINT AS ${fileColumn}, (row_number() OVER ())::INTEGER AS ${rowColumn}, ${select.join(", ")} FROM ${one.from}`;
    try {
      await database.run(index === 0 ? `CREATE TABLE ${tableName} AS ${query}` : `INSERT INTO ${tableName} ${query}`);
    } catch (error) {
      throw await explain(error, one.file, one.names.length, header);
    }
  }
  return names.map((name, i) => {
    const type = types.get(name) ?? "VARCHAR";
    const inside = `c${i}`;
    if (native) return columnOf(name, inside, type);
    const known = described.some((one) => formatOf(one.file.absolute) !== "delimited") ? type : undefined;
    return { name, inside, text: inside, ...(known === undefined || known === "VARCHAR" ? {} : { typed: known }) };
  });
}

async function describeFile(
  database: Database,
  file: SourceFile,
  header: boolean,
): Promise<{ names: string[]; from: string; types?: string[] }> {
  const about = { statement: "data", property: "source" } as const;
  const format = formatOf(file.absolute);
  if (typeof format === "object")
    throw problem("table-unreadable", about, { path: file.shown, why: format.why, row: false });
  const literal = quoteText(file.absolute);
  try {
    if (format === "delimited") {
      const head = await readHead(file.absolute, 1 << 20);
      const bad = notText(head.bytes, head.whole);
      if (bad !== undefined) throw problem("not-text", about, { path: file.shown, ...bad });
      const { delimiter, columns } = dialectOf(head.bytes.toString("utf8"), file.absolute, header);
      if (columns.length === 0)
        throw problem("table-unreadable", about, { path: file.shown, why: "it is empty", row: false });
      const inside = columns.map((_, i) => `'c${i}': 'VARCHAR'`).join(", ");
      const from = `read_csv(${literal}, auto_detect=false, header=${header}, delim=${quoteText(delimiter)}, quote='"', escape='"', null_padding=false, max_line_size=16777216, all_varchar=true, columns={${inside}})`;
      return { names: [...columns], from };
    }
    if (format === "json") {
      const auto = `read_json(${literal}, format='auto', records=true, sample_size=-1, maximum_object_size=268435456)`;
      const described = (await database.rows(`DESCRIBE SELECT * FROM ${auto}`)) as [string, string][];
      const columns = described.map(([name]) => `${quoteText(name)}: 'VARCHAR'`).join(", ");
      const from = `read_json(${literal}, format='auto', records=true, maximum_object_size=268435456, columns={${columns}})`;
      return { names: described.map(([name]) => name), from, types: described.map(([, type]) => type) };
    }
    const from = `read_parquet(${literal})`;
    const described = (await database.rows(`DESCRIBE SELECT * FROM ${from}`)) as [string, string][];
    return { names: described.map(([name]) => name), from, types: described.map(([, type]) => type) };
  } catch (error) {
    if (error instanceof Error && error.name === "DataError") throw error;
    throw await explain(error, file, 0, header);
  }
}

/** Why a file does not load, in a sentence of ours. */
async function explain(error: unknown, file: SourceFile, fields: number, header: boolean): Promise<Error> {
  const about = { statement: "data", property: "source" } as const;
  const message = error instanceof Error ? error.message : String(error);
  const unreadable = (why: string, row: boolean): Error =>
    problem("table-unreadable", about, { path: file.shown, why, row });
  if (formatOf(file.absolute) === "delimited") {
    if (/unicode|utf-?8/i.test(message)) {
      const all = await readHead(file.absolute, 1 << 30).catch(() => undefined);
      const bad = all === undefined ? undefined : notText(all.bytes, all.whole);
      if (bad !== undefined) return problem("not-text", about, { path: file.shown, ...bad });
    }
    if (fields > 0) {
      const head = await readHead(file.absolute, 1 << 20);
      const { delimiter } = dialectOf(head.bytes.toString("utf8"), file.absolute, header);
      const bad = await firstBadRecord(file.absolute, delimiter, fields, header).catch(() => undefined);
      if (bad !== undefined) {
        const number = (n: number): string => n.toLocaleString("en-US");
        return unreadable(
          `row ${number(bad.row)} has ${number(bad.fields)} ${bad.fields === 1 ? "field" : "fields"}, the ${header ? "header" : "first row"} ${number(fields)}`,
          true,
        );
      }
    }
    const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
    if (line !== undefined) {
      const what = /unterminated|quote/i.test(message) ? "a quote is not closed" : "it is not delimited text";
      return unreadable(`line ${Number(line).toLocaleString("en-US")}: ${what}`, true);
    }
  }
  const json = /at byte (\d+) in (?:line|record\/value) (\d+): (.*?)\.?(?:\s+Try|$)/m.exec(message);
  if (json !== null)
    return unreadable(
      `line ${Number(json[2]).toLocaleString("en-US")} is not JSON (byte ${json[1]}: ${json[3]})`,
      true,
    );
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "Z_DATA_ERROR" || code === "Z_BUF_ERROR" || /gzip|GZIP/.test(message))
    return unreadable("it is not whole gzip data", false);
  return unreadable(firstLine(error).replace(/\.$/, "").replaceAll(file.absolute, file.shown), false);
}

async function loadQuery(database: Database, query: string): Promise<Column[]> {
  const about = { statement: "data", property: "source" } as const;
  const sql = query.trim().replace(/;+\s*$/, "");
  try {
    const wrapped = `SELECT * FROM (\n${sql}\n)`;
    if ((await database.statements(wrapped)) !== 1)
      throw problem("query-error", about, { why: "it is more than one statement" });
    const described = (await database.rows(`DESCRIBE ${wrapped}`)) as [string, string][];
    const names = described.map(([name]) => name);
    const aliases = names.map((_, i) => `c${i}`);
    await database.run(
      `CREATE TABLE ${tableName} AS SELECT 0::UTINYINT AS ${fileColumn}, (row_number() OVER ())::INTEGER AS ${rowColumn}, * FROM (\n${sql}\n) AS q(${aliases.join(", ")})`,
    );
    return described.map(([name, type], i) => columnOf(name, `c${i}`, type));
  } catch (error) {
    if (error instanceof Error && error.name === "DataError") throw error;
    throw problem("query-error", about, { why: firstLine(error) });
  }
}

/** `file`, `id` and `label` of every file below the class folders, sorted. */
async function loadFolders(database: Database, root: SourceFile): Promise<Column[]> {
  const about = { statement: "data", property: "source" } as const;
  if (!statSync(root.absolute).isDirectory()) {
    throw problem("table-unreadable", about, { path: root.shown, why: "it is not a folder", row: false });
  }
  const classes = readdirSync(root.absolute, { withFileTypes: true }).filter(
    (one) => one.isDirectory() && !one.name.startsWith("."),
  );
  const rows: [string, string, string][] = [];
  for (const label of sortLabels(classes.map((one) => one.name))) {
    const files = readdirSync(path.join(root.absolute, label), { withFileTypes: true, recursive: true })
      .filter((one) => one.isFile() && !one.name.startsWith("."))
      .map((one) => path.relative(root.absolute, path.join(one.parentPath, one.name)).split(path.sep).join("/"))
      .sort(compareText);
    for (const file of files) rows.push([file, path.basename(file, path.extname(file)), label]);
  }
  // A name that occurs in two classes is no id: the path without its ending is.
  if (new Set(rows.map((row) => row[1])).size < rows.length)
    for (const row of rows) row[1] = row[0].replace(/\.[^./]*$/, "");
  await database.run(
    `CREATE TABLE ${tableName} (${fileColumn} UTINYINT, ${rowColumn} INTEGER, c0 VARCHAR, c1 VARCHAR, c2 VARCHAR)`,
  );
  const appender = await database.connection.createAppender(tableName);
  rows.forEach(([file, id, label], i) => {
    appender.appendUTinyInt(0);
    appender.appendInteger(i + 1);
    for (const text of [file, id, label]) appender.appendVarchar(text);
    appender.endRow();
  });
  appender.closeSync();
  return ["file", "id", "label"].map((name, i) => ({ name, inside: `c${i}`, text: `c${i}` }));
}

/** Keeps the rows that pass a condition. Columns of text formats are seen as numbers, dates and booleans where all their cells are. */
async function applyWhere(database: Database, where: string, columns: readonly Column[]): Promise<void> {
  const types = (await database.rows(`DESCRIBE ${tableName}`)) as [string, string][];
  const stored = new Map(types);
  const kinds = ["BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"];
  const checks = columns
    .filter((column) => stored.get(column.inside) === "VARCHAR" && column.typed === undefined)
    .flatMap((column) => [
      `count(${column.inside}) > 0 AND bool_and(NOT regexp_matches(coalesce(${column.inside}, ''), '^[+-]?0[0-9]'))`,
      ...kinds.map((kind) => `count(try_cast(${column.inside} AS ${kind})) = count(${column.inside})`),
    ]);
  const answers =
    checks.length === 0 ? [] : ((await database.rows(`SELECT ${checks.join(", ")} FROM ${tableName}`))[0] as boolean[]);
  let at = 0;
  const typed = columns.map((column) => {
    if (stored.get(column.inside) !== "VARCHAR") return `${column.inside} AS ${quoteName(column.name)}`;
    let type = column.typed;
    if (type === undefined) {
      const some = answers[at]!;
      type = some ? kinds.find((_, k) => answers[at + 1 + k]) : undefined;
      at += 1 + kinds.length;
    }
    const value = type === undefined || type === "VARCHAR" ? column.inside : `try_cast(${column.inside} AS ${type})`;
    return `${value} AS ${quoteName(column.name)}`;
  });
  try {
    const select = `SELECT mmfc_at FROM (SELECT rowid AS mmfc_at, ${typed.join(", ")} FROM ${tableName}) WHERE (\n${where}\n)`;
    if ((await database.statements(select)) !== 1) throw new Error("it is more than one statement");
    await database.run(
      `CREATE TABLE mmfc_kept AS SELECT * FROM ${tableName} WHERE rowid IN (${select}) ORDER BY rowid`,
    );
  } catch (error) {
    throw problem("query-error", { statement: "data", property: "where" }, { why: firstLine(error) });
  }
  await database.run(`DROP TABLE ${tableName}`);
  await database.run(`ALTER TABLE mmfc_kept RENAME TO ${tableName}`);
}
