/**
 * Loads a source into DuckDB: delimited text, JSON lines, Parquet, a query, a folder of class folders. Text formats are
 * read as text, so that ids and labels keep their writing. Only the columns that will be read are loaded. What does not
 * load is explained in unreadable.ts.
 */
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { near } from "../../diagnostics/near.ts";
import { number } from "../../diagnostics/phrase.ts";
import { compareText, sortLabels } from "./cells.ts";
import { dialectOf, readHead } from "./csv.ts";
import { type Database, firstLine, quoteName, quoteText } from "./duckdb.ts";
import { problem } from "./problems.ts";
import { formatOf, type SourceFile } from "./source-files.ts";
import { checkText, explainUnreadable, mostLine, noFault, unreadable, whyRecord } from "./unreadable.ts";

// Columns are c0, c1 … inside, because SQL does not tell "Name" from "name".
export const tableName = "mmfc_rows";
export const fileColumn = "mmfc_file";
export const rowColumn = "mmfc_row";

/** A column of the source. */
export interface Column {
  readonly name: string;
  /** Its SQL name in the table. */
  readonly inside: string;
  /** It was asked for; the others are known by name only. */
  readonly loaded: boolean;
  /** SQL of its cells as text. */
  readonly text: string;
  /** SQL of its bytes, where it holds bytes. */
  readonly bytes?: string;
  /** The type that `where` sees; without it, the one it has in the table. */
  readonly typed?: string;
  /** The files that lack it, where there are several. */
  readonly lackedBy?: readonly SourceFile[];
}

/** What will be read of a source. */
export interface Wanted {
  /** Of these columns those that will be read; without it, all. */
  readonly columns?: (names: readonly string[]) => readonly string[];
  /** A condition; the columns it names are loaded, too. */
  readonly where?: string;
}

/** The names of the columns to load. */
function toLoad(names: readonly string[], wanted: Wanted): ReadonlySet<string> {
  if (wanted.columns === undefined) return new Set(names);
  const load = new Set(wanted.columns(names));
  for (const name of mentioned(names, wanted.where)) load.add(name);
  return load;
}

/** The columns that a condition may speak of: those whose name occurs in it, or all where it speaks of columns as such. */
export function mentioned(names: readonly string[], where: string | undefined): readonly string[] {
  if (where === undefined) return [];
  const text = where.toLowerCase();
  if (/\bcolumns\s*\(|\*\s*(?:exclude|replace|rename|like|\))/.test(text)) return names;
  return names.filter((name) => text.includes(name.toLowerCase().replaceAll('"', '""')));
}

const source = { statement: "data", property: "source" } as const;

/** How one file is read. */
interface Described {
  readonly file: SourceFile;
  readonly names: readonly string[];
  /** SQL of its rows. */
  readonly from: string;
  readonly types?: readonly string[];
}

/** @throws DataError table-unreadable, not-text, file-too-large */
export async function loadFiles(
  database: Database,
  files: readonly SourceFile[],
  header: boolean,
  wanted: Wanted,
): Promise<Column[]> {
  const described: Described[] = [];
  for (const file of files) described.push(await describeFile(database, file, header, wanted));
  const names = [...new Set(described.flatMap((one) => one.names))];
  const load = toLoad(names, wanted);
  const native = described.every((one) => formatOf(one.file.absolute) === "parquet");
  const types = new Map<string, string>();
  for (const one of described)
    for (const [i, name] of one.names.entries()) types.set(name, types.get(name) ?? one.types?.[i] ?? "VARCHAR");
  for (const [index, one] of described.entries()) {
    const positions = new Map(one.names.map((name, i) => [name, i]));
    const delimited = formatOf(one.file.absolute) === "delimited";
    const select = names.flatMap((name, i) => {
      if (!load.has(name)) return [];
      const at = positions.get(name);
      const value = at === undefined ? "NULL" : quoteName(delimited ? `c${at}` : name);
      if (native) return [`${value} AS c${i}`];
      const type = at === undefined ? undefined : one.types?.[at];
      const text =
        type !== undefined && formatOf(one.file.absolute) === "parquet"
          ? asText(value, type)
          : `CAST(${value} AS VARCHAR)`;
      return [`${text} AS c${i}`];
    });
    const query = `SELECT ${[`${index}::UTINYINT AS ${fileColumn}`, `(row_number() OVER ())::INTEGER AS ${rowColumn}`, ...select].join(", ")} FROM ${one.from}`;
    try {
      await database.run(index === 0 ? `CREATE TABLE ${tableName} AS ${query}` : `INSERT INTO ${tableName} ${query}`);
    } catch (error) {
      database.throwIfStopped();
      throw await explainUnreadable(error, one.file, one.names.length, header);
    }
  }
  const has = described.map(({ file, names }) => ({ file, names: new Set(names) }));
  return names.map((name, i) => {
    const type = types.get(name) ?? "VARCHAR";
    const inside = `c${i}`;
    const lackedBy = has.flatMap((one) => (one.names.has(name) ? [] : [one.file]));
    const known = { loaded: load.has(name), ...(lackedBy.length === 0 ? {} : { lackedBy }) };
    if (native) return { ...columnOf(name, inside, type), ...known };
    const typed = described.some((one) => formatOf(one.file.absolute) !== "delimited") && type !== "VARCHAR";
    return { name, inside, text: inside, ...known, ...(typed ? { typed: type } : {}) };
  });
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

function columnOf(name: string, inside: string, type: string): Omit<Column, "loaded"> {
  const bytes = bytesIn(inside, type);
  return { name, inside, text: asText(inside, type), ...(bytes === undefined ? {} : { bytes }) };
}

async function describeFile(database: Database, file: SourceFile, header: boolean, wanted: Wanted): Promise<Described> {
  const format = formatOf(file.absolute);
  if (typeof format === "object") throw unreadable(file, format.why);
  const stat = statSync(file.absolute);
  // A pipe that nobody writes into would be waited for without end.
  if (!stat.isFile()) throw unreadable(file, stat.isDirectory() ? "it is a folder" : "it is no file");
  const { endless } = format === "parquet" ? { endless: false } : await checkText(file);
  try {
    if (format === "delimited") {
      const described = await describeDelimited(file, header, wanted);
      // DuckDB leaves out an endless last line without a word.
      const bad = endless ? await whyRecord(file, described.names.length, header) : undefined;
      if (bad !== undefined) throw bad;
      return described;
    }
    return format === "json" ? await describeJson(database, file) : await describeParquet(database, file);
  } catch (error) {
    database.throwIfStopped();
    throw await explainUnreadable(error, file, 0, header);
  }
}

async function describeDelimited(file: SourceFile, header: boolean, wanted: Wanted): Promise<Described> {
  const head = await readHead(file.absolute, headBytes);
  const { delimiter, columns, twice, newline } = dialectOf(head.bytes.toString("utf8"), file.absolute, header);
  if (columns.length === 0) throw unreadable(file, "it is empty");
  // A name that stands twice is no matter as long as nothing reads it.
  const read = twice.size === 0 ? [] : (wanted.columns?.(columns) ?? []);
  for (const name of [...read, ...mentioned(columns, wanted.where)]) {
    const places = twice.get(name);
    if (places !== undefined) {
      const [first, second] = places;
      const why = `its header has ${JSON.stringify(name)} in columns ${number(first)} and ${number(second)}`;
      throw unreadable(file, why, "give each column a name of its own");
    }
  }
  const inside = columns.map((_, i) => `'c${i}': 'VARCHAR'`).join(", ");
  const options = [
    "auto_detect = false",
    `header = ${header}`,
    `delim = ${quoteText(delimiter)}`,
    `quote = '"'`,
    `escape = '"'`,
    "null_padding = false",
    "all_varchar = true",
    `max_line_size = ${mostLine}`,
    `buffer_size = ${Math.max(bufferBytes, mostLine)}`,
    ...(newline === undefined ? [] : [`new_line = ${quoteText(newline)}`]),
    `columns = {${inside}}`,
  ];
  return { file, names: columns, from: `read_csv(${quoteText(file.absolute)}, ${options.join(", ")})` };
}

const headBytes = 1 << 20;
const bufferBytes = 1 << 22;

async function describeJson(database: Database, file: SourceFile): Promise<Described> {
  const options = `format = 'auto', records = true, maximum_object_size = ${mostLine}`;
  const literal = quoteText(file.absolute);
  const described = (await database.rows(
    `DESCRIBE SELECT * FROM read_json(${literal}, ${options}, sample_size = -1)`,
  )) as [string, string][];
  const columns = described.map(([name]) => `${quoteText(name)}: 'VARCHAR'`).join(", ");
  return {
    file,
    names: described.map(([name]) => name),
    from: `read_json(${literal}, ${options}, columns = {${columns}})`,
    types: described.map(([, type]) => type),
  };
}

async function describeParquet(database: Database, file: SourceFile): Promise<Described> {
  const from = `read_parquet(${quoteText(file.absolute)})`;
  const described = (await database.rows(`DESCRIBE SELECT * FROM ${from}`)) as [string, string][];
  return { file, names: described.map(([name]) => name), from, types: described.map(([, type]) => type) };
}

/** @throws DataError query-error */
export async function loadQuery(database: Database, query: string, wanted: Wanted): Promise<Column[]> {
  const sql = query.trim().replace(/;+\s*$/, "");
  try {
    const wrapped = await selectOf(database, sql);
    const described = (await database.rows(`DESCRIBE ${wrapped}`)) as [string, string][];
    const load = toLoad(
      described.map(([name]) => name),
      wanted,
    );
    const aliases = described.map((_, i) => `c${i}`);
    const chosen = described.flatMap(([name], i) => (load.has(name) ? [`c${i}`] : []));
    const select = [`0::UTINYINT AS ${fileColumn}`, `(row_number() OVER ())::INTEGER AS ${rowColumn}`, ...chosen];
    await database.run(
      `CREATE TABLE ${tableName} AS SELECT ${select.join(", ")} FROM (\n${sql}\n) AS q(${aliases.join(", ")})`,
    );
    return described.map(([name, type], i) => ({ ...columnOf(name, `c${i}`, type), loaded: load.has(name) }));
  } catch (error) {
    database.throwIfStopped();
    if (noFault(error)) throw error;
    throw problem("query-error", source, { why: firstLine(error) });
  }
}

/** A query as a subquery: it then can only read. @throws DataError where it is something else, or several */
export async function selectOf(database: Pick<Database, "statements">, query: string): Promise<string> {
  const first = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*([a-z]+)/i.exec(query)?.[1]?.toUpperCase();
  if (first !== undefined && !reading.has(first))
    throw problem("query-error", source, { why: `it starts with \`${first}\`, and a query here only reads` });
  if (first === undefined && !query.includes("(")) throw problem("query-error", source, { why: "it is empty" });
  const wrapped = `SELECT * FROM (\n${query}\n)`;
  // Apart first: a bracket in the one must not close that of the other.
  if ((await database.statements(query)) !== 1 || (await database.statements(wrapped)) !== 1)
    throw problem("query-error", source, { why: "it is more than one statement" });
  return wrapped;
}

const reading: ReadonlySet<string> = new Set(
  "SELECT WITH FROM VALUES TABLE PIVOT UNPIVOT DESCRIBE SUMMARIZE SHOW".split(" "),
);

/** `file`, `id` and `label` of every file below the class folders, sorted. */
export async function loadFolders(database: Database, root: SourceFile): Promise<Column[]> {
  if (!statSync(root.absolute).isDirectory()) throw unreadable(root, "it is not a folder");
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
  return ["file", "id", "label"].map((name, i) => ({ name, inside: `c${i}`, text: `c${i}`, loaded: true }));
}

/** Keeps the rows that pass a condition. Columns of text formats are seen as numbers, dates and booleans where all their cells are. */
export async function applyWhere(
  database: Database,
  where: string,
  columns: readonly Column[],
  wanted: Wanted,
): Promise<Column[]> {
  const types = (await database.rows(`DESCRIBE ${tableName}`)) as [string, string][];
  const stored = new Map(types);
  const kinds = ["BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"];
  const names = new Set(
    mentioned(
      columns.map((column) => column.name),
      where,
    ),
  );
  const seen = columns.filter((column) => column.loaded && names.has(column.name));
  const checks = seen
    .filter((column) => stored.get(column.inside) === "VARCHAR" && column.typed === undefined)
    .flatMap((column) => [
      `count(${column.inside}) > 0 AND bool_and(NOT regexp_matches(coalesce(${column.inside}, ''), '^[+-]?0[0-9]'))`,
      ...kinds.map((kind) => `count(try_cast(${column.inside} AS ${kind})) = count(${column.inside})`),
    ]);
  const answers =
    checks.length === 0 ? [] : ((await database.rows(`SELECT ${checks.join(", ")} FROM ${tableName}`))[0] as boolean[]);
  let at = 0;
  const typed = seen.map((column) => {
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
  const keep = wanted.columns === undefined ? undefined : new Set(wanted.columns(columns.map((column) => column.name)));
  const kept = columns.map((column) => ({ ...column, loaded: column.loaded && keep?.has(column.name) !== false }));
  try {
    const from = ["rowid AS mmfc_at", ...typed].join(", ");
    const select = `SELECT mmfc_at FROM (SELECT ${from} FROM ${tableName}) WHERE (\n${where}\n)`;
    const alone = `SELECT 1 WHERE ${where}`;
    if ((await database.statements(alone)) !== 1 || (await database.statements(select)) !== 1)
      throw new Error("it is more than one statement");
    const columnsKept = [fileColumn, rowColumn, ...kept.flatMap((column) => (column.loaded ? [column.inside] : []))];
    await database.run(
      `CREATE TABLE mmfc_kept AS SELECT ${columnsKept.join(", ")} FROM ${tableName} WHERE rowid IN (${select}) ORDER BY rowid`,
    );
  } catch (error) {
    database.throwIfStopped();
    if (noFault(error)) throw error;
    throw problem("query-error", { statement: "data", property: "where" }, { why: plainWhy(error, columns) });
  }
  await database.run(`DROP TABLE ${tableName}`);
  await database.run(`ALTER TABLE mmfc_kept RENAME TO ${tableName}`);
  return kept;
}

/** Why a condition does not run; of a column that is not there, which one may be meant. */
function plainWhy(error: unknown, columns: readonly Column[]): string {
  const why = firstLine(error);
  const missing = /^Referenced column "(.*)" not found/.exec(why)?.[1];
  if (missing === undefined) return why;
  const found = near(
    missing,
    columns.map((column) => column.name),
  );
  const meant = found.kind === "one" ? `; the nearest is ${JSON.stringify(found.word)}` : "";
  return `there is no column ${JSON.stringify(missing)}${meant}`;
}
